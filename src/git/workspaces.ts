/**
 * Where sessions work: root/workspaces/<name>/{tree,out}, a clone that borrows its objects from the mirror's base. Host
 * git runs here only while the workspace is made; once an agent may have touched it, nothing on the host trusts it again,
 * and so nothing of it is ever used for the next one.
 */

import { randomUUID } from 'node:crypto';
import { appendFile, chmod, mkdir, readdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OutsideError } from '../domain/outside-error.ts';
import { OWNER_UID_MIN, type PreparedWorkspace, type Workspace, type Workspaces } from '../heartbeat/ports.ts';
import { runProgram } from '../processes/run-program.ts';
import { IDENTITY } from './git-environment.ts';
import { localTrouble } from './git-trouble.ts';
import { baseOf } from './mirror-folder.ts';
import { runGit } from './run-git.ts';
import { isBranchName, isCommitId, safeName } from './safe-name.ts';

export interface WorkspacesOptions {
  readonly root: string;
  /** Folder of a repository's mirror (see mirrorPath in mirror.ts). */
  readonly mirrorPath: (repository: string) => string;
  /** Bound of making one workspace. */
  readonly timeoutMs?: number;
  readonly log?: (message: string) => void;
  /** `one-each`: as root, every workspace is given to a user of its own, who can touch no other's files. */
  readonly owners?: Owners | (() => Promise<Owners>);
}

type Owners = 'one-each' | 'the-bot';

type Request = Parameters<Workspaces['prepare']>[0];

/** Written beside the tree as the very last thing: a workspace without it is what a kill left behind. */
interface Marker {
  readonly name: string;
  readonly repository: string;
  readonly branch: string;
  readonly start: string;
  /** Absent: the bot's own. */
  readonly uid?: number;
}

/** In the clone itself, for every git that a session runs there. */
const CONFIG = `[user]
	name = ${IDENTITY.name}
	email = ${IDENTITY.email}
[commit]
	gpgSign = false
[gc]
	auto = 0
[maintenance]
	auto = false
`;

const MARKER = 'complete.json';
/** Beyond so many that wait to be deleted, new ones wait for the deleting: the disk's use is bounded. */
const TRASH_MAX = 32;
const TIMEOUT_MS = 300_000;

export function createWorkspaces(options: WorkspacesOptions): Workspaces {
  const preparing = new Map<string, Promise<PreparedWorkspace>>();
  let places: Promise<Places> | null = null;
  let trashed = 0;

  /** First use resolves the links of the root once and starts emptying what the last process threw away. */
  function open(): Promise<Places> {
    places ??= openPlaces(options.root).then(async (found) => {
      // What a kill left half made.
      for (const name of await readdir(found.making)) await discard(found, join(found.making, name));
      sweep(found);
      return found;
    });
    places.catch(() => {
      places = null;
    });
    return places;
  }

  /** Deleting is slow and slows the next checkout, so it happens one folder after the other, behind everybody's back. */
  let sweeping: Promise<void> = Promise.resolve();
  function sweep(at: Places): void {
    sweeping = sweeping.then(async () => {
      for (const name of await readdir(at.trash).catch(() => [])) {
        await remove(join(at.trash, name)).catch((error: unknown) => {
          options.log?.(`could not delete ${join(at.trash, name)}: ${String(error)}`);
        });
      }
    });
  }

  async function discard(at: Places, folder: string): Promise<void> {
    trashed++;
    try {
      await rename(folder, join(at.trash, `${process.pid}-${Date.now()}-${trashed}`));
    } catch (error) {
      if (!isAbsence(error)) throw broken('put a workspace away', error);
    }
    sweep(at);
  }

  async function prepare(request: Request): Promise<PreparedWorkspace> {
    const attempted = `prepare workspace ${request.name}`;
    if (request.name === '') throw new OutsideError('invalid', attempted, 'a workspace needs a name');
    if (!isBranchName(request.branch)) {
      throw new OutsideError('invalid', attempted, `"${request.branch}" is not a branch name`);
    }
    if (!isCommitId(request.start)) {
      throw new OutsideError('invalid', attempted, `"${request.start}" is not a full commit id`);
    }
    try {
      return await make(await open(), request, attempted);
    } catch (error) {
      throw error instanceof OutsideError ? error : broken(attempted, error);
    }
  }

  async function make(at: Places, request: Request, attempted: string): Promise<PreparedWorkspace> {
    const folder = join(at.workspaces, safeName(request.name));
    const mirror = options.mirrorPath(request.repository);
    const base = await realpath(baseOf(mirror)).catch((cause: unknown) => {
      throw new OutsideError('missing', attempted, `there is no mirror of ${request.repository} yet`, { cause });
    });
    const marker = await readMarker(folder);
    const place = { name: request.name, tree: join(folder, 'tree'), out: join(folder, 'out'), mirror: base };
    const uid = marker === null ? await newOwner(at) : marker.uid;
    const workspace: Workspace = { ...place, ...(uid === undefined ? {} : { owner: { uid } }) };
    if (marker !== null && (await realpath(workspace.tree).catch(() => null)) === workspace.tree) {
      if (marker.name === request.name && marker.repository === request.repository)
        return { ...workspace, fresh: false };
      throw new OutsideError('conflict', attempted, `its folder belongs to ${marker.name} of ${marker.repository}`);
    }
    await discard(at, folder);
    if ((await readdir(at.trash)).length > TRASH_MAX) await sweeping;
    // Under a name that was never there before: where on the disk its files go follows from it (see openPlaces).
    const fresh = join(at.making, randomUUID());
    const [tree, out] = [join(fresh, 'tree'), join(fresh, 'out')];
    await mkdir(out, { recursive: true, mode: 0o755 });
    try {
      await checkOut(at, { tree, base, mirror }, request, attempted);
      if (uid !== undefined) await giveAway(uid, [tree, out]);
      const { name, repository, branch, start } = request;
      const made: Marker = { name, repository, branch, start, ...(uid === undefined ? {} : { uid }) };
      await writeFile(join(fresh, MARKER), JSON.stringify(made));
      await rename(fresh, folder);
    } catch (error) {
      await discard(at, fresh);
      throw error;
    }
    return { ...workspace, fresh: true };
  }

  /** The lowest number that no workspace has; one that is being made holds its number until its marker does. */
  const taken = new Set<number>();
  async function newOwner(at: Places): Promise<number | undefined> {
    const owners = typeof options.owners === 'function' ? await options.owners() : options.owners;
    if (owners !== 'one-each' || process.getuid?.() !== 0) return undefined;
    const folders = await readdir(at.workspaces);
    const markers = await Promise.all(folders.map((folder) => readMarker(join(at.workspaces, folder))));
    const used = new Set([...taken, ...markers.map((marker) => marker?.uid)]);
    let uid = OWNER_UID_MIN + 1;
    while (used.has(uid)) uid++;
    taken.add(uid);
    return uid;
  }

  async function checkOut(at: Places, place: Fresh, request: Request, attempted: string): Promise<void> {
    const { tree } = place;
    const common = { home: at.home, timeoutMs: options.timeoutMs ?? TIMEOUT_MS, attempted };
    const flags = ['--quiet', '--shared', '--no-checkout', '--template=', '--origin=origin'];
    const cloned = await runGit({ ...common, args: ['clone', ...flags, '--', place.base, tree] });
    if (cloned.exitCode !== 0) throw localTrouble(attempted, cloned.stderr);
    // By hand, because git would rewrite the file once for each setting.
    await appendFile(join(tree, '.git', 'config'), CONFIG);
    // --no-track: the branch is ours to push, whatever the remote happens to have under its name.
    const start = ['checkout', '--quiet', '--force', '--no-track', '-B', request.branch, request.start, '--'];
    const checkedOut = await runGit({ ...common, args: ['-C', tree, ...start] });
    if (checkedOut.exitCode === 0) return;
    // Work that was handed over and not published yet is in the mirror alone; of that no more is copied than was asked for.
    const fetch = ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--', place.mirror, request.start];
    const fetched = await runGit({ ...common, args: ['-C', tree, ...fetch] });
    const again = fetched.exitCode === 0 ? await runGit({ ...common, args: ['-C', tree, ...start] }) : fetched;
    if (again.exitCode !== 0) throw localTrouble(attempted, checkedOut.stderr);
  }

  return {
    prepare(request) {
      let running = preparing.get(request.name);
      if (running === undefined) {
        running = prepare(request).finally(() => preparing.delete(request.name));
        preparing.set(request.name, running);
      }
      return running;
    },

    async release(name) {
      const at = await open();
      await discard(at, join(at.workspaces, safeName(name)));
    },

    async list() {
      const at = await open();
      const markers = (await readdir(at.workspaces)).map((folder) => readMarker(join(at.workspaces, folder)));
      return (await Promise.all(markers)).flatMap((marker) => (marker === null ? [] : [marker.name]));
    },
  };
}

/** Follows no link: what a repository holds must not decide whose files change hands. */
async function giveAway(uid: number, folders: readonly string[]): Promise<void> {
  await runProgram(['chown', '-R', '-P', '--no-dereference', `${uid}:${uid}`, '--', ...folders], TIMEOUT_MS);
  for (const folder of folders) await chmod(folder, 0o700);
}

/** Whoever needs the machine goes first. An agent may have locked its folders (mode 000): unlock and try once more. */
async function remove(path: string): Promise<void> {
  const run = (...argv: readonly string[]): Promise<string> =>
    runProgram(['nice', '-n', '19', ...argv, '--', path], TIMEOUT_MS);
  try {
    await run('rm', '-rf', '--one-file-system');
  } catch {
    // Neither follows links.
    await run('chmod', '-R', 'u+rwX').catch(() => {});
    await rm(path, { recursive: true, force: true });
  }
}

/** A workspace while it is made. */
interface Fresh {
  readonly tree: string;
  /** What it borrows from. */
  readonly base: string;
  readonly mirror: string;
}

interface Places {
  readonly workspaces: string;
  readonly making: string;
  readonly trash: string;
  readonly home: string;
}

async function openPlaces(root: string): Promise<Places> {
  try {
    await mkdir(root, { recursive: true });
    const real = await realpath(root);
    const places = {
      workspaces: join(real, 'workspaces'),
      making: join(real, 'making'),
      trash: join(real, 'trash'),
      home: join(real, 'home'),
    };
    for (const folder of Object.values(places)) {
      await mkdir(folder, { recursive: true });
      if ((await realpath(folder)) !== folder) throw new Error(`${folder} is a symbolic link`);
    }
    // On ext4, files made where others were deleted a moment ago are made slowly. This mark spreads the folders inside
    // over the whole disk instead of keeping them together; elsewhere there is neither the trouble nor the mark.
    await runProgram(['chattr', '+T', places.making], TIMEOUT_MS).catch(() => {});
    return places;
  } catch (error) {
    throw broken(`open the workspaces in ${root}`, error);
  }
}

async function readMarker(folder: string): Promise<Marker | null> {
  try {
    const marker: unknown = JSON.parse(await readFile(join(folder, MARKER), 'utf8'));
    return isMarker(marker) ? marker : null;
  } catch {
    // None, or unreadable: either way nobody vouches for this folder.
    return null;
  }
}

function isMarker(value: unknown): value is Marker {
  return typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string';
}

function isAbsence(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function broken(attempted: string, cause: unknown): OutsideError {
  return new OutsideError('unreachable', attempted, cause instanceof Error ? cause.message : String(cause), { cause });
}
