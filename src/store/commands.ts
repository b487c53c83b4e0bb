/** What people told us in comments: noted once by comment, settled once with what came of it. */
import { z } from 'zod';
import type { Command, CommandVerb } from '../domain/command.ts';
import type { EpochMs } from '../domain/issue.ts';
import { StaleWrite } from '../domain/stale-write.ts';
import { builtOnce } from './built-once.ts';
import { encode, integer, json, readRow, shape, text } from './columns.ts';
import type { CommandTable } from './schema.ts';
import type { Store } from './store.ts';

/** A comment seen again, edited or settled since, changes nothing. */
export async function noteCommand(store: Store, command: Command): Promise<void> {
  const { commentId, on, by, at, verb } = command;
  await insert(store.db, { commentId, on: encode(commandOn, on), by, at, verb: encode(commandVerb, verb) });
}

const insert = builtOnce((db, row: Omit<CommandTable, 'outcome' | 'settledAt'>) =>
  db
    .insertInto('command')
    .values(row)
    .onConflict((conflict) => conflict.column('commentId').doNothing()),
);

/** Not settled yet, oldest first. */
export async function openCommands(store: Store): Promise<readonly Command[]> {
  const { rows } = await open(store.db, {});
  return rows.map((row) => readRow('command', commandRow, row));
}

const open = builtOnce((db) =>
  db
    .selectFrom('command')
    .select(['commentId', 'on', 'by', 'at', 'verb'])
    .where('settledAt', 'is', null)
    .orderBy('at')
    .orderBy('commentId'),
);

export async function settleCommand(store: Store, commentId: string, outcome: string): Promise<void> {
  const { changed } = await settle(store.db, { commentId, outcome, now: store.now() });
  if (changed !== 1) throw new StaleWrite(`Settle the command in comment ${commentId}`);
}

const settle = builtOnce((db, of: { readonly commentId: string; readonly outcome: string; readonly now: EpochMs }) =>
  db
    .updateTable('command')
    .set({ outcome: of.outcome, settledAt: of.now })
    .where('commentId', '=', of.commentId)
    .where('settledAt', 'is', null),
);

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
