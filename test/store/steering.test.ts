/** What people steer by and read afterwards: commands, frozen repositories and the log of events. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Command, CommandVerb } from '../../src/domain/command.ts';
import type { Freeze } from '../../src/domain/snapshot.ts';
import { StaleWrite } from '../../src/domain/stale-write.ts';
import { NOON } from './sample-rows.ts';
import { temporaryStore } from './temporary-store.ts';

const VERBS: readonly CommandVerb[] = [
  { kind: 'stop' },
  { kind: 'resume' },
  { kind: 'retry' },
  { kind: 'approve', sha: 'abcdef1' },
  { kind: 'answer', text: 'Yes.' },
];

function command(index: number, verb: CommandVerb, on: Command['on'] = { kind: 'issue', issueId: 'issue-1' }): Command {
  return { commentId: `comment-${index}`, on, by: 'ada', at: NOON - index, verb };
}

test('commands are noted once, listed oldest first and settled once', async (t) => {
  const { journal } = await temporaryStore(t);
  const on = { kind: 'pull-request', repository: 'acme/shop', number: 7 } as const;
  const commands = [...VERBS.map((verb, index) => command(index, verb)), command(9, { kind: 'stop' }, on)];
  for (const one of [...commands, ...commands]) await journal.noteCommand(one);
  assert.deepEqual(await journal.openCommands(), commands.toReversed());

  await journal.settleCommand('comment-9', 'Stopped.');
  await assert.rejects(journal.settleCommand('comment-9', 'Stopped.'), StaleWrite);
  await assert.rejects(journal.settleCommand('comment-99', 'Nothing.'), StaleWrite);
  await journal.noteCommand(command(9, { kind: 'retry' }, on));
  assert.deepEqual(await journal.openCommands(), commands.slice(0, -1).toReversed());
});

test('a repository stays frozen for its first reason until it is thawed', async (t) => {
  const { journal } = await temporaryStore(t);
  assert.equal((await journal.frozen()).size, 0);
  const bad = (reason: string): Freeze => ({ reason, cause: 'bad-merge', branch: 'main', sha: 'a'.repeat(40) });
  const red: Freeze = { reason: 'test is red.', cause: 'red-base', branch: 'main', sha: 'b'.repeat(40) };
  await journal.freeze('acme/shop', bad('The merge landed something else.'));
  await journal.freeze('acme/shop', bad('Something else again.'));
  await journal.freeze('acme/shop', red);
  await journal.freeze('acme/docs', red);
  const shop = bad('The merge landed something else.');
  assert.deepEqual(
    await journal.frozen(),
    new Map([
      ['acme/docs', red],
      ['acme/shop', shop],
    ]),
  );
  await journal.freeze('acme/docs', shop);
  assert.deepEqual((await journal.frozen()).get('acme/docs'), shop, 'a bad merge outranks a red base');
  await journal.thaw('acme/shop', 'red-base');
  assert.deepEqual((await journal.frozen()).get('acme/shop'), shop, 'a green base undoes no bad merge');
  await journal.thaw('acme/shop');
  await journal.thaw('acme/nothing');
  assert.deepEqual([...(await journal.frozen()).keys()], ['acme/docs']);
});

test('events keep the order they were written in, even when the clock jumps back', async (t) => {
  const { journal, clock } = await temporaryStore(t);
  for (const [index, jump] of [0, 500, -9000, 10, 10].entries()) {
    clock.now += jump;
    const subject = index % 2 === 0 ? 'issue:issue-1' : null;
    await journal.event({ kind: 'tick', subject, text: `${index}`, ...(index === 0 ? { data: { a: [1] } } : {}) });
  }
  const texts = async (filter: Parameters<typeof journal.events>[0]) =>
    (await journal.events(filter)).map((event) => event.text);
  assert.deepEqual(await texts({ limit: 99 }), ['0', '1', '2', '3', '4']);
  assert.deepEqual(await texts({ limit: 2 }), ['3', '4']);
  assert.deepEqual(await texts({ limit: 99, subject: 'issue:issue-1' }), ['0', '2', '4']);
  assert.deepEqual(await texts({ limit: 99, since: NOON }), ['0', '1']);
  assert.deepEqual(await texts({ limit: 1, since: NOON, subject: 'issue:issue-1' }), ['0']);
  const [first, second] = await journal.events({ limit: 99 });
  assert.deepEqual(first, { at: NOON, kind: 'tick', subject: 'issue:issue-1', text: '0', data: { a: [1] } });
  assert.equal(second?.data, null);
});

test('events written at once all get a place of their own', async (t) => {
  const { journal } = await temporaryStore(t);
  await Promise.all(
    Array.from({ length: 20 }, (_, index) => journal.event({ kind: 'x', subject: null, text: `${index}` })),
  );
  assert.equal((await journal.events({ limit: 99 })).length, 20);
});
