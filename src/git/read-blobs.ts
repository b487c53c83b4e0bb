/** Contents of many blobs by their ids, each and all of them bounded, in two processes however many they are. */
import { localTrouble } from './git-trouble.ts';
import type { MirrorGit } from './mirror.ts';

export interface BlobBounds {
  readonly blobBytesMax: number;
  readonly totalBytesMax: number;
}

/** Those beyond a bound are missing from the answer. */
export async function readBlobs(
  mirror: MirrorGit,
  blobs: readonly string[],
  { blobBytesMax, totalBytesMax }: BlobBounds,
): Promise<ReadonlyMap<string, Buffer>> {
  const attempted = `read changed files of ${mirror.repository}`;
  const wanted = [...new Set(blobs)];
  if (wanted.length === 0) return new Map();
  const sized = await mirror.local(['cat-file', '--batch-check=%(objectname) %(objecttype) %(objectsize)'], {
    attempted,
    input: `${wanted.join('\n')}\n`,
  });
  if (sized.exitCode !== 0) throw localTrouble(attempted, sized.stderr);
  let room = totalBytesMax;
  const sizes = new Map<string, number>();
  for (const line of sized.stdout.toString('latin1').split('\n')) {
    const [id = '', type, size] = line.split(' ');
    if (type !== 'blob' || Number(size) > blobBytesMax || Number(size) > room) continue;
    room -= Number(size);
    sizes.set(id, Number(size));
  }
  if (sizes.size === 0) return new Map();
  const read = await mirror.local(['cat-file', '--batch'], { attempted, input: `${[...sizes.keys()].join('\n')}\n` });
  if (read.exitCode !== 0) throw localTrouble(attempted, read.stderr);
  const contents = new Map<string, Buffer>();
  let at = 0;
  for (const [id, size] of sizes) {
    const start = read.stdout.indexOf('\n', at) + 1;
    contents.set(id, read.stdout.subarray(start, start + size));
    at = start + size + 1;
  }
  return contents;
}
