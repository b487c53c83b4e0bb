/**
 * What a repository needs before its commands can run: `setup` runs once for each state of the lockfiles on the base
 * branch, in a throw-away workspace of its own and with the listed registries as its only network. The ignored folders
 * it leaves (node_modules and the like) are then shown, read-only, in every workspace of the project.
 */
import { createHash } from 'node:crypto';
import { lstat, readFile, realpath, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ProjectSettings } from '../domain/settings.ts';
import type { IsolatedCommand, ShownFolder, Workspace } from '../heartbeat/ports.ts';
import { CannotRun, type SessionsOptions } from './session-options.ts';

/** A project's part of every command in one of its workspaces. */
export type Equipment = Required<Pick<IsolatedCommand, 'environment' | 'shown' | 'toolchains'>>;

export interface Dependencies {
  /** Prepares them where they are not; throws CannotRun when `setup` fails. */
  equip(request: EquipRequest): Promise<Equipment>;
}

export interface EquipRequest {
  readonly project: ProjectSettings | null;
  readonly baseTip: string;
  /** Where the commands will run. */
  readonly workspace: Workspace;
  readonly signal: AbortSignal;
  readonly leftMs: () => number;
  /** Said before something that takes long. */
  readonly onStep: (doing: string) => void;
}

const SETUP_MS_MAX = 30 * 60_000;
const OUTPUT_BYTES_MAX = 200_000;
const TAIL_CHARACTERS = 2_000;
const LOCKFILE_BYTES_MAX = 32 * 1024 * 1024;
const FOLDERS_MAX = 50;
/** Of one project. Older ones go when no session can be using them any more. */
const KEPT_MAX = 3;
const UNUSED_MS_MIN = 24 * 3_600_000;
const MARKER = 'prepared.json';

type Options = Pick<SessionsOptions, 'mirror' | 'workspaces' | 'isolation' | 'log' | 'now'>;

export function createDependencies(options: Options): Dependencies {
  const { mirror, workspaces, isolation, log } = options;
  /** The last one in line for each key: whoever comes next waits, then finds it done or does it with a signal of its own. */
  const lines = new Map<string, Promise<unknown>>();

  async function equip(request: EquipRequest): Promise<Equipment> {
    const { project, workspace } = request;
    if (project === null) return { environment: {}, shown: [], toolchains: [] };
    const { env: environment, toolchains } = project;
    if (project.setup.length === 0) return { environment, shown: [], toolchains };
    const name = `setup-${project.name}-${await keyOf(project, request.baseTip)}`;
    const turn = (lines.get(name) ?? Promise.resolve()).then(() => prepared(name, project, request));
    const settled = turn.catch(() => {});
    lines.set(name, settled);
    const { tree, folders } = await turn;
    if (lines.get(name) === settled) lines.delete(name);
    const shown = folders.map((folder) => ({ source: join(tree, folder), target: join(workspace.tree, folder) }));
    if (isolation.driver === 'none') await excludeLinks(workspace, shown, request);
    return { environment, shown, toolchains };
  }

  /** Everything that decides what `setup` makes. The files are read from the base branch: no pull request picks its own. */
  async function keyOf(project: ProjectSettings, baseTip: string): Promise<string> {
    const { setup, registries, toolchains, env, repository } = project;
    const read = (path: string) => mirror.file(repository, baseTip, path, LOCKFILE_BYTES_MAX);
    const lockfiles = await Promise.all(project.lockfiles.map(async (path) => [path, await read(path)]));
    const basis = (await isolation.basis?.()) ?? null;
    const machine = [isolation.driver, basis, process.version, process.arch];
    const facts = [setup, registries, toolchains, env, lockfiles, ...machine];
    return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 16);
  }

  async function prepared(name: string, project: ProjectSettings, request: EquipRequest): Promise<Prepared> {
    request.signal.throwIfAborted();
    const make = { repository: project.repository, name, branch: 'heartline-setup', readOnly: false };
    let workspace = await workspaces.prepare({ ...make, start: request.baseTip });
    const marker = join(dirname(workspace.tree), MARKER);
    const known = await readMarker(marker);
    if (known !== null) {
      const now = new Date(options.now());
      await utimes(marker, now, now);
      return { tree: workspace.tree, folders: known };
    }
    // Whatever is in it was left by a setup that did not end well.
    await workspaces.release(name);
    workspace = await workspaces.prepare({ ...make, start: request.baseTip });
    try {
      for (const command of project.setup) await run(command, project, workspace, request);
      const folders = await leftBy(workspace, request);
      await writeFile(`${marker}.new`, JSON.stringify({ folders }));
      await rename(`${marker}.new`, marker);
      await forgetOld(project, name);
      return { tree: workspace.tree, folders };
    } catch (error) {
      await workspaces.release(name);
      throw error;
    }
  }

  async function run(
    command: string,
    project: ProjectSettings,
    workspace: Workspace,
    request: EquipRequest,
  ): Promise<void> {
    request.onStep(`setup: ${command}`);
    const { registries } = project;
    const { exitCode, output, timedOut } = await isolation.exec({
      argv: ['bash', '-c', command],
      workspace,
      readOnly: false,
      network: registries.length === 0 ? { kind: 'none' } : { kind: 'registries', registries },
      environment: project.env,
      toolchains: project.toolchains,
      timeoutMs: Math.max(1, Math.min(SETUP_MS_MAX, request.leftMs())),
      outputBytesMax: OUTPUT_BYTES_MAX,
      signal: request.signal,
    });
    request.signal.throwIfAborted();
    if (exitCode === 0) return;
    const how = timedOut ? 'took too long' : `ended with exit code ${exitCode ?? 'none'}`;
    throw new CannotRun(`The setup command \`${command}\` ${how}: ${output.trim().slice(-TAIL_CHARACTERS)}`);
  }

  /** Ignored paths that are there now. Only plain ones: a link could show a folder of the machine instead. */
  async function leftBy(workspace: Workspace, request: EquipRequest): Promise<readonly string[]> {
    const { output, exitCode } = await isolation.exec({
      argv: ['git', '-c', 'core.fsmonitor=false', 'status', '--porcelain', '--ignored', '-z'],
      workspace,
      readOnly: false,
      timeoutMs: Math.max(1, request.leftMs()),
      outputBytesMax: OUTPUT_BYTES_MAX,
      signal: request.signal,
    });
    await isolation.dispose(workspace.name);
    if (exitCode !== 0) throw new CannotRun(`What setup made could not be listed: ${output.slice(-TAIL_CHARACTERS)}`);
    const entries = output.split('\0').filter(Boolean);
    const stray = entries.filter((entry) => entry.startsWith('?? ')).map((entry) => entry.slice(3));
    if (stray.length > 0)
      log.warn({ paths: stray.slice(0, FOLDERS_MAX) }, 'setup made files that .gitignore does not name');
    const ignored = entries
      .filter((entry) => entry.startsWith('!! '))
      .map((entry) => entry.slice(3).replace(/\/$/, ''));
    if (ignored.length > FOLDERS_MAX) {
      throw new CannotRun(`setup left ${ignored.length} ignored paths; more than ${FOLDERS_MAX} cannot be shown.`);
    }
    const plain: string[] = [];
    for (const path of ignored) {
      const full = join(workspace.tree, path);
      if (path.split('/').some((part) => part === '..' || part === '.git')) continue;
      if ((await realpath(full).catch(() => null)) !== full || (await lstat(full)).isSymbolicLink()) continue;
      plain.push(path);
    }
    return plain;
  }

  async function forgetOld(project: ProjectSettings, newest: string): Promise<void> {
    const names = (await workspaces.list()).filter(
      (name) => name.startsWith(`setup-${project.name}-`) && /-[0-9a-f]{16}$/.test(name) && name !== newest,
    );
    const used = await Promise.all(
      names.map(async (name) => ({ name, at: await lastUse(name, project).catch(() => 0) })),
    );
    const old = used.toSorted((a, b) => b.at - a.at).slice(KEPT_MAX - 1);
    for (const { name, at } of old) if (options.now() - at > UNUSED_MS_MIN) await workspaces.release(name);
  }

  async function lastUse(name: string, project: ProjectSettings): Promise<number> {
    // Already made, so this only says where it is.
    const start = '0'.repeat(40);
    const there = { repository: project.repository, name, branch: 'heartline-setup', start, readOnly: false };
    const { tree } = await workspaces.prepare(there);
    return (await stat(join(dirname(tree), MARKER))).mtimeMs;
  }

  /** A driver without walls shows folders as links, which `node_modules/` in .gitignore does not match. */
  async function excludeLinks(
    workspace: Workspace,
    shown: readonly ShownFolder[],
    request: EquipRequest,
  ): Promise<void> {
    const names = shown.map(({ target }) => `/${target.slice(workspace.tree.length + 1)}`);
    await isolation.exec({
      argv: ['bash', '-c', 'mkdir -p .git/info && printf "%s\\n" "$@" >>.git/info/exclude', 'exclude', ...names],
      workspace,
      readOnly: false,
      timeoutMs: Math.max(1, request.leftMs()),
      outputBytesMax: OUTPUT_BYTES_MAX,
      signal: request.signal,
    });
  }

  return { equip };
}

interface Prepared {
  readonly tree: string;
  readonly folders: readonly string[];
}

/** Written by us beside the tree, where nothing in a room can write. */
async function readMarker(path: string): Promise<readonly string[] | null> {
  try {
    const { folders }: { readonly folders: readonly string[] } = JSON.parse(await readFile(path, 'utf8'));
    return folders;
  } catch {
    return null;
  }
}
