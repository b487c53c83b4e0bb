/** Other people's agents, started as their own pages tell it: as they come, and as small as their switches allow. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { agentProgram } from '../../test/drivers/install-agents.ts';

export interface Contender {
  readonly name: string;
  /** Null when it ended well, else what went wrong. */
  run(place: Place): Promise<string | null>;
}

export interface Place {
  /** Of the model service, without `/v1`. */
  readonly url: string;
  readonly repository: string;
  readonly home: string;
  readonly task: string;
}

const MODEL = 'scripted';
const SLIM_PROMPT = 'You are a coding agent. Work in the current directory with the tools. Reply briefly when done.';
const RUN_MS_MAX = 5 * 60_000;

export function contenders(folder: string): readonly Contender[] {
  const agent = (
    name: string,
    program: string,
    start: (
      place: Place,
    ) => Promise<{ readonly args: readonly string[]; readonly environment: Record<string, string> }>,
  ): Contender => ({
    name,
    run: async (place) => {
      const path = agentProgram(folder, program);
      if (path === null) return `${program} is not installed: npm run agents:install`;
      const { args, environment } = await start(place);
      return await execute(path, args, place, environment);
    },
  });
  return [
    agent('Claude Code', 'claude', async (place) => claude(place, ['--allowedTools', 'Write', 'Bash'])),
    agent('Claude Code slim', 'claude', async (place) =>
      claude(place, [...CLAUDE_SLIM, '--allowedTools', 'Write', 'Bash']),
    ),
    agent('Claude Code --bare', 'claude', async (place) => claude(place, ['--bare', '--allowedTools', 'Edit', 'Bash'])),
    agent('Codex', 'codex', async (place) => codex(place, [])),
    agent('Codex slim', 'codex', async (place) => {
      const instructions = join(place.home, 'instructions.md');
      await writeFile(instructions, SLIM_PROMPT);
      const off = ['--ephemeral', '--disable', 'multi_agent', '--disable', 'goals', '-c', 'web_search="disabled"'];
      return codex(place, [...off, '-c', `model_instructions_file=${JSON.stringify(instructions)}`]);
    }),
    agent('opencode', 'opencode', async (place) => opencode(place)),
  ];
}

const CLAUDE_SLIM = [
  ...['--system-prompt', SLIM_PROMPT, '--tools', 'Bash,Read,Edit,Write', '--setting-sources', ''],
  ...['--strict-mcp-config', '--disable-slash-commands', '--max-turns', '80', '--max-budget-usd', '3'],
];

function claude({ url, task }: Place, more: readonly string[]) {
  return {
    args: ['-p', task, '--output-format', 'json', '--model', MODEL, ...more],
    environment: { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: 'dummy', IS_SANDBOX: '1', DISABLE_AUTOUPDATER: '1' },
  };
}

function codex({ url, task }: Place, more: readonly string[]) {
  const provider = `{name="bench",base_url="${url}/v1",wire_api="responses",env_key="OPENAI_API_KEY"}`;
  return {
    args: [
      ...['exec', '--skip-git-repo-check', '--json', '-s', 'danger-full-access', '-m', MODEL],
      ...['-c', 'model_provider=bench', '-c', `model_providers.bench=${provider}`, ...more, task],
    ],
    environment: { OPENAI_API_KEY: 'dummy' },
  };
}

function opencode({ url, task }: Place) {
  const config = {
    model: `bench/${MODEL}`,
    small_model: `bench/${MODEL}`,
    autoupdate: false,
    provider: {
      bench: {
        npm: '@ai-sdk/openai-compatible',
        options: { baseURL: `${url}/v1`, apiKey: 'dummy' },
        models: { [MODEL]: { limit: { context: 200_000, output: 16_000 } } },
      },
    },
    permission: { bash: 'allow', edit: 'allow' },
  };
  return {
    args: ['run', '--format', 'json', '--title', 'Bench', task],
    environment: { OPENCODE_CONFIG_CONTENT: JSON.stringify(config), OPENCODE_DISABLE_MODELS_FETCH: '1' },
  };
}

function execute(
  program: string,
  args: readonly string[],
  { repository, home }: Place,
  environment: Readonly<Record<string, string>>,
): Promise<string | null> {
  const identity = {
    GIT_AUTHOR_NAME: 'Bench',
    GIT_AUTHOR_EMAIL: 'b@example.com',
    GIT_COMMITTER_NAME: 'Bench',
    GIT_COMMITTER_EMAIL: 'b@example.com',
  };
  const path = [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(':');
  const env = { PATH: path, HOME: home, ...identity, ...environment };
  return new Promise((resolve) => {
    const child = execFile(
      program,
      args,
      { cwd: repository, env, timeout: RUN_MS_MAX, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        resolve(error === null ? null : `${error.message.slice(0, 200)} ${(stderr || stdout).slice(-300)}`);
      },
    );
    child.stdin?.end();
  });
}
