/** Takes what an agent wrote as its result. The file is the agent's, so it may be a link, a pipe, a flood or nonsense. */
import { constants } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type JsonObject, objectIn } from './json-object.ts';

export const RESULT_FILE = 'result.json';
const BYTES_MAX = 256 * 1024;

export type ReadResult =
  | { readonly kind: 'result'; readonly value: JsonObject }
  /** A sentence for the agent. */
  | { readonly kind: 'none'; readonly why: string };

/** Reading opens nothing but a plain file in this very folder. */
export async function readResult(folder: string): Promise<ReadResult> {
  const file = join(folder, RESULT_FILE);
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(file, flags).catch(() => null);
  if (handle === null) return { kind: 'none', why: `there is no plain file ${file}.` };
  try {
    const facts = await handle.stat();
    if (!facts.isFile()) return { kind: 'none', why: `${file} is no plain file.` };
    const bytes = Buffer.alloc(BYTES_MAX + 1);
    // It may grow while it is read: what counts is what was read.
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0);
    if (bytesRead > BYTES_MAX) return { kind: 'none', why: `${file} is larger than ${BYTES_MAX} bytes.` };
    const value = objectIn(bytes.subarray(0, bytesRead).toString('utf8'));
    return value === null ? { kind: 'none', why: `${file} is no JSON object.` } : { kind: 'result', value };
  } finally {
    await handle.close();
  }
}

/** A result of an earlier try is none of the next. */
export async function removeResult(folder: string): Promise<void> {
  await rm(join(folder, RESULT_FILE), { recursive: true, force: true });
}
