/**
 * How each program is started: headless, on the pinned endpoint with a key that opens nothing, and deaf to settings,
 * hooks, servers and instructions that the repository brings along.
 */
import type { ExternalDriver } from '../../domain/settings.ts';
import { ENDPOINT, HOME, type Launch, MEMORY } from './launcher.ts';
import type { ModelEndpoint } from './model-endpoint.ts';

export interface ProgramTask {
  readonly driver: ExternalDriver;
  readonly endpoint: ModelEndpoint;
  readonly system: string;
  readonly tree: string;
  readonly outputTokensMax: number;
  readonly contextTokens: number;
  /** Its own conversation: which one, and whether it is there already. Those that speak ACP are told in the dialogue. */
  readonly conversation: { readonly id: string; readonly resumed: boolean };
}

export type Program = Pick<Launch, 'argv' | 'environment' | 'files'>;

/** What every program gets instead of a key: the real one is put in outside the room. */
const DUMMY_KEY = 'not-a-key';

/** A sentence when the program cannot speak the protocol of the role's model. */
export function programFor(task: ProgramTask): Program | string {
  const { driver, endpoint } = task;
  switch (driver.kind) {
    case 'claude':
      if (endpoint.protocol !== 'anthropic') return 'Claude Code needs a model of a provider of kind anthropic.';
      return finished(task, claude(task));
    case 'codex':
      if (endpoint.protocol !== 'responses') return 'Codex needs a model of a provider with api: responses.';
      return finished(task, codex(task));
    case 'acp':
      return finished(task, anyAgent(task));
  }
}

/** The operator's own arguments and variables come last, so that they win. */
function finished({ driver }: ProgramTask, program: Program): Program {
  return {
    ...program,
    argv: [driver.command, ...program.argv, ...driver.args],
    environment: { ...program.environment, ...driver.environment },
  };
}

/** `--bare` reads nothing of the project and offers the three tools that suffice; the rest says so once more. */
function claude({ endpoint, system, conversation }: ProgramTask): Program {
  return {
    argv: [
      ...[conversation.resumed ? '--resume' : '--session-id', conversation.id],
      ...['-p', '--bare', '--output-format', 'json', '--model', endpoint.modelName, '--system-prompt', system],
      ...['--setting-sources', '', '--strict-mcp-config', '--disable-slash-commands', '--dangerously-skip-permissions'],
    ],
    environment: anthropicEnvironment(endpoint),
    files: {},
  };
}

function codex(task: ProgramTask): Program {
  return {
    argv: [
      ...['exec', '--ignore-rules', '--skip-git-repo-check', '--json', '-s', 'danger-full-access'],
      ...['-c', `model_instructions_file="${HOME}/instructions.md"`],
      // It names its conversations itself; in a folder of one session the newest is the one.
      ...(task.conversation.resumed ? ['resume', '--last'] : []),
      '-',
    ],
    environment: { OPENAI_API_KEY: DUMMY_KEY, CODEX_HOME },
    files: { [`${CODEX_HOME}/config.toml`]: codexConfig(task), [`${HOME}/instructions.md`]: task.system },
  };
}

const CODEX_HOME = `${MEMORY}/codex`;

/** An agent that speaks ACP finds its model in whichever of these it looks. */
function anyAgent(task: ProgramTask): Program {
  const { endpoint } = task;
  const { protocol } = endpoint;
  return {
    argv: [],
    environment: {
      ...(protocol === 'anthropic' ? anthropicEnvironment(endpoint) : {}),
      ...(protocol === 'anthropic' ? {} : { OPENAI_API_KEY: DUMMY_KEY, OPENAI_BASE_URL: `${ENDPOINT}/v1`, CODEX_HOME }),
      ...opencodeEnvironment(task),
      // The room is the wall; a second one inside it only fails.
      INITIAL_AGENT_MODE: 'agent-full-access',
    },
    files: protocol === 'responses' ? { [`${CODEX_HOME}/config.toml`]: codexConfig(task) } : {},
  };
}

function anthropicEnvironment({ modelName }: ModelEndpoint): Readonly<Record<string, string>> {
  return {
    CLAUDE_CONFIG_DIR: `${MEMORY}/claude`,
    ANTHROPIC_BASE_URL: ENDPOINT,
    ANTHROPIC_API_KEY: DUMMY_KEY,
    ANTHROPIC_MODEL: modelName,
    ANTHROPIC_SMALL_FAST_MODEL: modelName,
    ANTHROPIC_DEFAULT_HAIKU_MODEL: modelName,
    // It is one: everything that runs here runs in a room without network and without secrets.
    IS_SANDBOX: '1',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: '1',
    DISABLE_AUTOUPDATER: '1',
    DISABLE_TELEMETRY: '1',
  };
}

function codexConfig({ endpoint, tree }: ProgramTask): string {
  const quoted = (text: string) => JSON.stringify(text);
  return `
model = ${quoted(endpoint.modelName)}
model_provider = "room"
approval_policy = "never"
sandbox_mode = "danger-full-access"
web_search = "disabled"
project_doc_max_bytes = 0
check_for_update_on_startup = false

[model_providers.room]
name = "room"
base_url = "${ENDPOINT}/v1"
wire_api = "responses"
env_key = "OPENAI_API_KEY"
supports_websockets = false

[features]
apps = false
goals = false
hooks = false
multi_agent = false

[analytics]
enabled = false

[projects.${quoted(tree)}]
trust_level = "untrusted"
`;
}

function opencodeEnvironment({
  endpoint,
  outputTokensMax,
  contextTokens,
}: ProgramTask): Readonly<Record<string, string>> {
  const model = `room/${endpoint.modelName}`;
  const npm = { anthropic: '@ai-sdk/anthropic', responses: '@ai-sdk/openai', chat: '@ai-sdk/openai-compatible' };
  const config = {
    model,
    small_model: model,
    autoupdate: false,
    share: 'disabled',
    provider: {
      room: {
        npm: npm[endpoint.protocol],
        options: { baseURL: `${ENDPOINT}/v1`, apiKey: DUMMY_KEY },
        models: { [endpoint.modelName]: { limit: { context: contextTokens, output: outputTokensMax } } },
      },
    },
    // Whatever would ask a person waits for ever: each class is allowed or denied.
    permission: {
      bash: 'allow',
      edit: 'allow',
      external_directory: 'allow',
      webfetch: 'deny',
      task: 'deny',
      skill: 'deny',
    },
  };
  return {
    XDG_DATA_HOME: `${MEMORY}/data`,
    XDG_STATE_HOME: `${MEMORY}/state`,
    OPENCODE_CONFIG_CONTENT: JSON.stringify(config),
    OPENCODE_DISABLE_PROJECT_CONFIG: '1',
    OPENCODE_DISABLE_CLAUDE_CODE: '1',
    OPENCODE_DISABLE_EXTERNAL_SKILLS: '1',
    OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
    OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
    OPENCODE_DISABLE_MODELS_FETCH: '1',
    OPENCODE_DISABLE_AUTOUPDATE: '1',
    OPENCODE_DISABLE_SHARE: '1',
    OPENCODE_PURE: '1',
  };
}
