/** What people told us in comments: noted once by comment, settled once with what came of it. */
import { z } from 'zod';
import type { Command, CommandVerb } from '../domain/command.ts';
import { StaleWrite } from '../domain/stale-write.ts';
import { encode, integer, json, readRow, shape, text } from './columns.ts';
import type { Store } from './store.ts';

/** A comment seen again, edited or settled since, changes nothing. */
export async function noteCommand(store: Store, command: Command): Promise<void> {
  await store.db
    .insertInto('command')
    .values({
      commentId: command.commentId,
      on: encode(commandOn, command.on),
      by: command.by,
      at: command.at,
      verb: encode(commandVerb, command.verb),
    })
    .onConflict((conflict) => conflict.column('commentId').doNothing())
    .execute();
}

/** Not settled yet, oldest first. */
export async function openCommands(store: Store): Promise<readonly Command[]> {
  const rows = await store.db
    .selectFrom('command')
    .select(['commentId', 'on', 'by', 'at', 'verb'])
    .where('settledAt', 'is', null)
    .orderBy('at')
    .orderBy('commentId')
    .execute();
  return rows.map((row) => readRow('command', commandRow, row));
}

export async function settleCommand(store: Store, commentId: string, outcome: string): Promise<void> {
  const settled = await store.db
    .updateTable('command')
    .set({ outcome, settledAt: store.now() })
    .where('commentId', '=', commentId)
    .where('settledAt', 'is', null)
    .executeTakeFirst();
  if (settled.numUpdatedRows !== 1n) throw new StaleWrite(`Settle the command in comment ${commentId}`);
}

const commandOn = shape<Command['on']>()(
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('issue'), issueId: text }),
    z.strictObject({ kind: z.literal('pull-request'), repository: text, number: integer }),
  ]),
);

const commandVerb = shape<CommandVerb>()(
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('stop') }),
    z.strictObject({ kind: z.literal('resume') }),
    z.strictObject({ kind: z.literal('retry') }),
    z.strictObject({ kind: z.literal('approve'), sha: text }),
    z.strictObject({ kind: z.literal('answer'), text }),
    z.strictObject({ kind: z.literal('merge'), sha: text }),
    z.strictObject({ kind: z.literal('remark'), text }),
  ]),
);

const commandRow = shape<Command>()(
  z.object({ commentId: text, on: json(commandOn), by: text, at: integer, verb: json(commandVerb) }),
);
