/** Transcripts: append-only, message by message, each on disk before it counts. */
import { z } from 'zod';
import { StaleWrite } from '../domain/stale-write.ts';
import type { TranscriptEntry, Usage } from '../domain/transcript.ts';
import { builtOnce } from './built-once.ts';
import { encode, integer, json, readRow, shape, text } from './columns.ts';
import type { MessageTable } from './schema.ts';
import type { Store } from './store.ts';
import { StoreRefused } from './store-refused.ts';

export async function messages(
  store: Store,
  sessionId: string,
): Promise<readonly { readonly runId: string; readonly message: TranscriptEntry }[]> {
  const { rows } = await ofSession(store.db, { sessionId });
  return rows.map((row, index) => {
    const { position, runId, message } = readRow('message', messageRow, row);
    if (position !== index) {
      throw new StoreRefused(
        'unreadable-row',
        `The transcript of session ${sessionId} has no message ${index} but has message ${position}: it must not be resumed. Retry the issue to begin a new session.`,
      );
    }
    return { runId, message };
  });
}

/** Refuses a position that is taken (StaleWrite) and one that would leave a gap (a mistake of the caller). */
export async function appendMessage(
  store: Store,
  sessionId: string,
  runId: string,
  index: number,
  message: TranscriptEntry,
): Promise<void> {
  const row = { sessionId, position: index, runId, message: encode(transcriptMessage, message), at: store.now() };
  await store.db.transaction().execute(async (db) => {
    const [last] = (await newest(db, { sessionId })).rows;
    const next = (last?.position ?? -1) + 1;
    if (index > next)
      throw new RangeError(`Message ${index} of session ${sessionId} would leave a gap after ${next - 1}.`);
    const { changed } = await append(db, row);
    if (changed !== 1) throw new StaleWrite(`Append message ${index} of session ${sessionId}`);
  });
}

const ofSession = builtOnce((db, { sessionId }: { readonly sessionId: string }) =>
  db
    .selectFrom('message')
    .select(['position', 'runId', 'message'])
    .where('sessionId', '=', sessionId)
    .orderBy('position'),
);

const newest = builtOnce((db, { sessionId }: { readonly sessionId: string }) =>
  db
    .selectFrom('message')
    .select((column) => column.fn.max('position').as('position'))
    .where('sessionId', '=', sessionId),
);

const append = builtOnce((db, row: MessageTable) =>
  db
    .insertInto('message')
    .values(row)
    .onConflict((conflict) => conflict.columns(['sessionId', 'position']).doNothing()),
);

const tokens = z.int().nonnegative();

export const usage = shape<Usage>()(
  z.strictObject({ input: tokens, cacheRead: tokens, cacheWrite: tokens, output: tokens }),
);

const toolCall = z.strictObject({ id: text, name: text, input: z.unknown() });
const toolResult = z.strictObject({ callId: text, name: text, text, isError: z.boolean() });

const transcriptMessage = shape<TranscriptEntry>()(
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('user'), text }),
    z.strictObject({
      kind: z.literal('assistant'),
      text,
      calls: z.array(toolCall).readonly(),
      opaque: z.strictObject({ provider: text, blocks: z.array(z.unknown()).readonly() }).nullable(),
      usage,
      model: text,
    }),
    z.strictObject({ kind: z.literal('tool-results'), results: z.array(toolResult).readonly() }),
    z.strictObject({ kind: z.literal('compaction'), before: z.int().nonnegative(), summary: text.nullable() }),
  ]),
);

const messageRow = z.object({ position: integer, runId: text, message: json(transcriptMessage) });
