/** Commits and trees as git stores them, read object by object; names are kept byte for byte. */
import type { ObjectReader } from './object-reader.ts';

export interface Commit {
  readonly tree: string;
  readonly parents: readonly string[];
}

export interface TreeEntry {
  /** As git prints it: six digits. */
  readonly mode: string;
  readonly name: Buffer;
  readonly id: string;
}

const COMMIT_BYTES_MAX = 8 * 1024 * 1024;
const TREE_BYTES_MAX = 64 * 1024 * 1024;
const ID_BYTES = 20;

/** Null when there is no such commit here. */
export async function readCommit(objects: ObjectReader, id: string): Promise<Commit | null> {
  const read = await objects.read(id, COMMIT_BYTES_MAX);
  if (read?.kind !== 'commit' || read.bytes === null) return null;
  const parents: string[] = [];
  let tree = '';
  for (const line of read.bytes.toString('latin1').split('\n')) {
    const [word, value = ''] = line.split(' ');
    if (word === 'tree') tree = value;
    else if (word === 'parent') parents.push(value);
    // The first other line ends what is about the graph; a message may hold anything.
    else break;
  }
  return { tree, parents };
}

/** Null when there is no such tree here, or it is larger than anybody's folder. */
export async function readTree(objects: ObjectReader, id: string): Promise<readonly TreeEntry[] | null> {
  const read = await objects.read(id, TREE_BYTES_MAX);
  if (read?.kind !== 'tree' || read.bytes === null) return null;
  const { bytes } = read;
  const entries: TreeEntry[] = [];
  for (let at = 0; at < bytes.length; ) {
    const blank = bytes.indexOf(0x20, at);
    const end = bytes.indexOf(0, blank);
    const next = end + 1 + ID_BYTES;
    entries.push({
      mode: bytes.toString('latin1', at, blank).padStart(6, '0'),
      name: bytes.subarray(blank + 1, end),
      id: bytes.toString('hex', end + 1, next),
    });
    at = next;
  }
  return entries;
}
