/**
 * Puts the agents that Heartline can drive into a folder of their own, in versions that were tried. They are no
 * dependency of Heartline: whoever uses no external driver needs none of this.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { arch, tmpdir } from 'node:os';
import { delimiter, dirname, join, relative, resolve } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { TRIED_VERSIONS } from '../../src/config/tried-versions.ts';

interface Agent {
  readonly package: string;
  /** From node_modules. Install scripts stay off, so what they would link is named here. */
  readonly program: string;
}

const NATIVE = `linux-${arch()}`;

const PACKAGES: Readonly<Record<string, Agent>> = {
  claude: { package: '@anthropic-ai/claude-code', program: `@anthropic-ai/claude-code-${NATIVE}/claude` },
  codex: { package: '@openai/codex', program: '@openai/codex/bin/codex.js' },
  opencode: { package: 'opencode-ai', program: `opencode-${NATIVE}/bin/opencode` },
  'claude-agent-acp': {
    package: '@agentclientprotocol/claude-agent-acp',
    program: '@agentclientprotocol/claude-agent-acp/dist/index.js',
  },
  'codex-acp': {
    package: '@agentclientprotocol/codex-acp',
    program: '@agentclientprotocol/codex-acp/dist/index.js',
  },
};

const AGENTS = Object.entries(TRIED_VERSIONS).map(([name, version]) => {
  const agent = PACKAGES[name];
  if (agent === undefined) throw new Error(`nobody wrote down which package ${name} is`);
  return { name, version, ...agent };
});

export const AGENTS_FOLDER = '.heartline/agents';
const INSTALL_MINUTES_MAX = 20;
const VERSION_SECONDS_MAX = 60;

/** Where an installed agent's program is; null when it is not installed there. */
export function agentProgram(folder: string, name: string): string | null {
  const path = join(resolve(folder), 'bin', name);
  return existsSync(path) ? path : null;
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { into: { type: 'string', default: AGENTS_FOLDER } } });
  const folder = resolve(values.into);
  await install(folder);
  const wrong = await checkVersions(folder);
  if (wrong > 0) process.exitCode = 1;
  else process.stdout.write(`Installed into ${folder}. Show it to sessions: isolation.toolchains: [${folder}]\n`);
}

async function install(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const dependencies = Object.fromEntries(AGENTS.map((agent) => [agent.package, agent.version]));
  await writeFile(join(folder, 'package.json'), `${JSON.stringify({ private: true, dependencies }, null, 2)}\n`);
  // npm picks older versions in silence where the node that runs it is too old for the ones asked for.
  const path = [dirname(process.execPath), process.env.PATH ?? ''].join(delimiter);
  const npm = await npmScript();
  process.stdout.write(`Installing ${AGENTS.map(({ name, version }) => `${name} ${version}`).join(', ')} ...\n`);
  await promisify(execFile)(
    process.execPath,
    [npm, 'install', '--ignore-scripts', '--no-audit', '--no-fund', '--save-exact'],
    { cwd: folder, env: { ...process.env, PATH: path }, timeout: INSTALL_MINUTES_MAX * 60_000 },
  );
  const bin = join(folder, 'bin');
  await rm(bin, { recursive: true, force: true });
  await mkdir(bin);
  for (const { name, program } of AGENTS) {
    await symlink(relative(bin, join(folder, 'node_modules', program)), join(bin, name));
  }
}

/** How many are missing or not the version that was asked for. */
async function checkVersions(folder: string): Promise<number> {
  const home = await mkdtemp(join(tmpdir(), 'heartline-agents-'));
  let wrong = 0;
  try {
    for (const { name, version } of AGENTS) {
      const said = await versionOf(join(folder, 'bin', name), home);
      const right = said.includes(version);
      if (!right) wrong += 1;
      process.stdout.write(
        `${right ? '✓' : '✗'} ${name} ${right ? version : `is not ${version}: ${said.trim().slice(0, 200)}`}\n`,
      );
    }
  } finally {
    await rm(home, { recursive: true, force: true });
  }
  return wrong;
}

async function versionOf(program: string, home: string): Promise<string> {
  const env = { PATH: [dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter), HOME: home };
  try {
    const { stdout, stderr } = await promisify(execFile)(program, ['--version'], {
      env,
      timeout: VERSION_SECONDS_MAX * 1000,
    });
    return stdout + stderr;
  } catch (error) {
    return String(error);
  }
}

async function npmScript(): Promise<string> {
  const named = process.env.npm_execpath;
  if (named?.endsWith('npm-cli.js')) return named;
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const found = join(folder, 'npm');
    if (existsSync(found)) return await realpath(found);
  }
  throw new Error('There is no npm on PATH: install it, or run this through npm run agents:install.');
}
