/** Contents of many blobs by their ids, each and all of them bounded. */
import type { ObjectReader } from './object-reader.ts';

export interface BlobBounds {
  readonly blobBytesMax: number;
  readonly totalBytesMax: number;
}

/** Those beyond a bound are missing from the answer. */
export async function readBlobs(
  objects: ObjectReader,
  blobs: readonly string[],
  { blobBytesMax, totalBytesMax }: BlobBounds,
): Promise<ReadonlyMap<string, Buffer>> {
  const contents = new Map<string, Buffer>();
  let room = totalBytesMax;
  for (const blob of new Set(blobs)) {
    const read = await objects.read(blob, Math.min(blobBytesMax, room));
    if (read?.kind !== 'blob' || read.bytes === null) continue;
    room -= read.size;
    contents.set(blob, read.bytes);
  }
  return contents;
}
