/**
 * What is remembered of a program's own conversation, so that it goes on with it after a restart instead of paying for
 * the same calls again. The conversation itself is the program's, in a folder of the room; our word about it stands beside
 * the tree, where nothing in a room can write.
 */
import { createHash, randomUUID } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { Run } from '../../domain/run.ts';
import type { Workspace } from '../../heartbeat/ports.ts';

const remembered = z.strictObject({
  driver: z.string(),
  model: z.string(),
  /** How the program calls its conversation. */
  conversation: z.string(),
  /** How many messages of the transcript it was told. */
  told: z.int(),
  runId: z.string(),
  /** Model calls of that run. */
  calls: z.int(),
});

export type Remembered = Readonly<z.infer<typeof remembered>>;

export interface ProgramMemory {
  /** Null where no program of this session has asked its model yet. */
  readonly last: Remembered | null;
  /** Where programs of this session keep what they remember: a path inside, and the same outside. */
  readonly folder: string;
  /** Where those start that must not start in the checkout. */
  readonly outside: string;
  /** Resolves when a process that starts after our death will know. */
  remember(what: Remembered): Promise<void>;
}

export async function openProgramMemory(
  { tree, out }: Workspace,
  { sessionId }: Pick<Run, 'sessionId'>,
): Promise<ProgramMemory> {
  const name = createHash('sha256').update(sessionId).digest('hex').slice(0, NAME_DIGITS);
  const file = join(dirname(tree), `program-${name}.json`);
  let last = await readRemembered(file);
  let written: Promise<void> = Promise.resolve();
  return {
    get last() {
      return last;
    },
    folder: join(out, `program-${name}`),
    outside: join(out, `outside-${name}`),
    remember: (what) => {
      last = what;
      // In turn: an older word must not take the place of a newer one.
      written = written.then(() => replace(file, JSON.stringify(what)));
      return written;
    },
  };
}

const NAME_DIGITS = 16;

async function readRemembered(file: string): Promise<Remembered | null> {
  try {
    return remembered.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    // There is none, or one of another version: the program begins anew.
    return null;
  }
}

async function replace(file: string, text: string): Promise<void> {
  const fresh = `${file}.${randomUUID()}`;
  await writeFile(fresh, text);
  await rename(fresh, file);
}
