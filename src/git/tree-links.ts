/** Through which links of a repository a file is also reached: a change of a link's target is a change of what it stands for. */
import { posix } from 'node:path';
import { EMPTY_TREE } from './commit-range.ts';
import type { ObjectReader } from './object-reader.ts';
import { readCommit, readTree } from './read-commit.ts';

/** Folders of one commit beyond which nobody knows its links. */
const FOLDERS_MAX = 50_000;
const LINKS_MAX = 2_000;
const TARGET_BYTES_MAX = 4_096;
const ALIASES_MAX = 20;
const FOLDERS_REMEMBERED_MAX = 100_000;

export interface Link {
  readonly path: string;
  /** A path of the repository; links that lead out of it are left out. */
  readonly target: string;
}

/** A link within a folder: where it stands below it, and the text it holds. */
interface Held {
  readonly path: string;
  readonly written: string;
}

/** Folders never change, and from commit to commit most are the same. By the id of their tree. */
const known = new WeakMap<ObjectReader, Map<string, readonly Held[]>>();

/** The links of a commit's tree; null when there is too much of it to know them. */
export async function treeLinks(objects: ObjectReader, commit: string): Promise<readonly Link[] | null> {
  const tree = commit === EMPTY_TREE ? EMPTY_TREE : (await readCommit(objects, commit))?.tree;
  if (tree === undefined) return null;
  const remembered = known.get(objects) ?? new Map<string, readonly Held[]>();
  known.set(objects, remembered);
  if (remembered.size > FOLDERS_REMEMBERED_MAX) remembered.clear();
  const bounds = { folders: FOLDERS_MAX, links: LINKS_MAX };
  const held = await heldIn(objects, tree, remembered, bounds);
  return held?.flatMap(linkOf) ?? null;
}

/** Every other name of a path, links that lead over links included. */
export function aliasesOf(path: string, links: readonly Link[]): readonly string[] {
  const found = new Set<string>([path]);
  for (const name of found) {
    for (const link of links) {
      if (found.size > ALIASES_MAX) break;
      if (name === link.target) found.add(link.path);
      else if (link.target === '' || name.startsWith(`${link.target}/`)) {
        const rest = link.target === '' ? `/${name}` : name.slice(link.target.length);
        // A link to a folder above itself would name the same file over and over.
        if (!name.startsWith(`${link.path}/`)) found.add(link.path + rest);
      }
    }
  }
  found.delete(path);
  return [...found];
}

async function heldIn(
  objects: ObjectReader,
  tree: string,
  remembered: Map<string, readonly Held[]>,
  left: { folders: number; links: number },
): Promise<readonly Held[] | null> {
  const before = remembered.get(tree);
  if (before !== undefined) return before;
  left.folders -= 1;
  const entries = left.folders < 0 ? null : await readTree(objects, tree);
  if (entries === null) return null;
  const held: Held[] = [];
  for (const { mode, name, id } of entries) {
    const path = name.toString('utf8');
    if (mode === '120000') {
      left.links -= 1;
      const target = left.links < 0 ? null : await objects.read(id, TARGET_BYTES_MAX);
      if (target === null) return null;
      // A target that is too long for any file system leads nowhere.
      if (target.bytes !== null) held.push({ path, written: target.bytes.toString('utf8') });
    } else if (mode === '040000') {
      const below = await heldIn(objects, id, remembered, left);
      if (below === null) return null;
      held.push(...below.map((one) => ({ ...one, path: `${path}/${one.path}` })));
    }
  }
  remembered.set(tree, held);
  return held;
}

function linkOf({ path, written }: Held): readonly Link[] {
  const target = posix.normalize(posix.join(posix.dirname(path), written)).replace(/^\.$|\/$/, '');
  return written.startsWith('/') || target === '..' || target.startsWith('../') ? [] : [{ path, target }];
}
