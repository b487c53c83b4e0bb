/** The mirror's folder on disk: made whole or not at all, and freed of what a killed process left in it. */

import { appendFile, chmod, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { localTrouble } from './git-trouble.ts';
import type { GitResult } from './run-git.ts';

/** Written into the mirror itself, because agents' git sees it too when it borrows objects. */
const CONFIG = `[gc]
	auto = 0
[maintenance]
	auto = false
[receive]
	autogc = false
`;

/** Makes an empty mirror where there is none. It has no remote configured, so no url or token is ever written down. */
export async function openMirror(gitDir: string, git: (args: readonly string[]) => Promise<GitResult>): Promise<void> {
  if (await exists(join(gitDir, 'HEAD'))) return;
  await mkdir(dirname(gitDir), { recursive: true });
  const fresh = await mkdtemp(join(dirname(gitDir), unfinished(gitDir)));
  const made = await git(['init', '--quiet', '--bare', '--template=', '--initial-branch=main', '--', fresh]);
  if (made.exitCode !== 0) throw localTrouble('make an empty mirror', made.stderr);
  await appendFile(join(fresh, 'config'), CONFIG);
  // Workspaces may belong to other users, who borrow objects from here; the data folder above lets none of them in.
  await chmod(fresh, 0o755);
  await rename(fresh, gitDir);
}

/**
 * Removes what only a killed process can have left: this process is the mirror's one owner and has not touched it yet,
 * and its predecessor's git died with it. Returns the locks removed.
 */
export async function clearStaleLocks(gitDir: string): Promise<readonly string[]> {
  const siblings = await names(dirname(gitDir));
  const leftovers = siblings
    .filter((name) => name.startsWith(unfinished(gitDir)))
    .map((name) => join(dirname(gitDir), name));
  const objects = join(gitDir, 'objects');
  for (const name of await names(objects)) {
    if (name.startsWith('incoming-') || name.startsWith('tmp_')) leftovers.push(join(objects, name));
  }
  for (const name of await names(join(objects, 'pack'))) {
    if (name.startsWith('tmp_')) leftovers.push(join(objects, 'pack', name));
  }
  const locks: string[] = [];
  for (const folder of ['', 'objects/info', 'objects/pack']) {
    for (const name of await names(join(gitDir, folder)))
      if (name.endsWith('.lock')) locks.push(join(gitDir, folder, name));
  }
  for (const name of await names(join(gitDir, 'refs'), true)) {
    if (name.endsWith('.lock')) locks.push(join(gitDir, 'refs', name));
  }
  await Promise.all([...locks, ...leftovers].map((path) => rm(path, { recursive: true, force: true })));
  return locks;
}

function unfinished(gitDir: string): string {
  return `.new-${basename(gitDir)}-`;
}

async function names(folder: string, recursive = false): Promise<readonly string[]> {
  try {
    return await readdir(folder, { recursive });
  } catch {
    // A folder that is not there holds no locks.
    return [];
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
