/** The mirror's folders on disk: made whole or not at all, and freed of what a killed process left in them. */

import { existsSync, readdirSync } from 'node:fs';
import { appendFile, chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
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

/** Beside the folder of mirrors: what was fetched from the service and nothing else. All that a workspace may see. */
export function baseOf(gitDir: string): string {
  return join(dirname(dirname(gitDir)), 'bases', basename(gitDir));
}

/**
 * Makes an empty mirror where there is none. It has no remote configured, so no url or token is ever written down. Its
 * files can be read whatever the bot's own mask is, because workspaces may belong to other users, who borrow objects from
 * here; the data folder above lets none of them in.
 */
export async function openMirror(
  gitDir: string,
  git: (args: readonly string[]) => Promise<GitResult>,
  base: string | null,
): Promise<void> {
  if (existsSync(join(gitDir, 'HEAD'))) return;
  await mkdir(dirname(gitDir), { recursive: true });
  const fresh = await mkdtemp(join(dirname(gitDir), unfinished(gitDir)));
  const flags = ['--quiet', '--bare', '--template=', '--initial-branch=main', '--shared=0644'];
  const made = await git(['init', ...flags, '--', fresh]);
  if (made.exitCode !== 0) throw localTrouble('make an empty mirror', made.stderr);
  await appendFile(join(fresh, 'config'), CONFIG);
  if (base !== null) {
    const objects = join(fresh, 'objects');
    await mkdir(join(objects, 'info'), { recursive: true });
    await writeFile(
      join(objects, 'info', 'alternates'),
      `${relative(join(gitDir, 'objects'), join(base, 'objects'))}\n`,
    );
  }
  await chmod(fresh, 0o755);
  await rename(fresh, gitDir);
}

/**
 * Removes what only a killed process can have left: this process is the mirror's one owner and has not touched it yet,
 * and its predecessor's git died with it. Returns the locks removed.
 */
export async function clearStaleLocks(gitDir: string): Promise<readonly string[]> {
  const siblings = names(dirname(gitDir));
  const leftovers = siblings
    .filter((name) => name.startsWith(unfinished(gitDir)))
    .map((name) => join(dirname(gitDir), name));
  const objects = join(gitDir, 'objects');
  for (const name of names(objects)) {
    if (name.startsWith('incoming-') || name.startsWith('tmp_')) leftovers.push(join(objects, name));
  }
  for (const name of names(join(objects, 'pack'))) {
    if (name.startsWith('tmp_')) leftovers.push(join(objects, 'pack', name));
  }
  const locks: string[] = [];
  for (const folder of ['', 'objects/info', 'objects/pack']) {
    for (const name of names(join(gitDir, folder))) if (name.endsWith('.lock')) locks.push(join(gitDir, folder, name));
  }
  for (const name of names(join(gitDir, 'refs'), true)) {
    if (name.endsWith('.lock')) locks.push(join(gitDir, 'refs', name));
  }
  await Promise.all([...locks, ...leftovers].map((path) => rm(path, { recursive: true, force: true })));
  return locks;
}

function unfinished(gitDir: string): string {
  return `.new-${basename(gitDir)}-`;
}

/** Read at once: at a start there is much to load, and each step that waited for its turn would wait for that. */
function names(folder: string, recursive = false): readonly string[] {
  try {
    return readdirSync(folder, { recursive, encoding: 'utf8' });
  } catch {
    // A folder that is not there holds no locks.
    return [];
  }
}
