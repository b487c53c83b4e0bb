/** kill -9 in the middle of writing, a real process on a real file: every acknowledged row is there, and the lock is free at once. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Journal } from '../../src/heartbeat/journal.ts';
import { openStore } from '../../src/store/open-store.ts';
import { StoreLocked } from '../../src/store/store-locked.ts';
import { NOON } from './sample-rows.ts';
import { temporaryFolder } from './temporary-store.ts';

const CHILD = fileURLToPath(new URL('kill-child.ts', import.meta.url));

/** Kept few and uneven, so that each round dies at another statement. */
const ROWS_BEFORE_KILL = [1, 38, 73, 137, 211];

test('every row acknowledged before kill -9 is there after it', async (t) => {
  const file = join(temporaryFolder(t), 'journal.db');
  const acknowledged: string[] = [];
  for (const [round, rows] of ROWS_BEFORE_KILL.entries()) {
    acknowledged.push(...(await writeUntilKilled(file, `life-${round}`, rows)));
    const open = await openStore({ file, now: () => NOON, owner: `survivor-${round}` });
    try {
      for (const line of acknowledged) await assertThere(open, line);
      const reservations = acknowledged.filter((line) => line.startsWith(`reservation life-${round}-`)).length;
      const { settledReservations } = await open.recover();
      // One more may have been written whose acknowledgement was cut off.
      assert.ok(settledReservations === reservations || settledReservations === reservations + 1);
      assert.equal((await open.recover()).settledReservations, 0);
    } finally {
      await open.close();
    }
  }
});

async function writeUntilKilled(file: string, life: string, rows: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, [CHILD, file, life], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (lines.length === 1) {
      const refusal = await openStore({ file, now: () => NOON, owner: 'intruder' }).catch((error: unknown) => error);
      assert.ok(refusal instanceof StoreLocked);
      assert.equal(refusal.holderPid, child.pid);
    }
    if (lines.length === rows) child.kill('SIGKILL');
  }
  await closed;
  assert.equal(child.signalCode, 'SIGKILL');
  return lines;
}

async function assertThere(journal: Journal, line: string): Promise<void> {
  const [what, name = ''] = line.split(' ');
  switch (what) {
    case 'claim':
      return assert.equal((await journal.record(name))?.issueId, name);
    case 'run':
      return assert.equal((await journal.run(name))?.id, name);
    case 'message':
      return assert.deepEqual(await journal.messages(name), [{ runId: name, message: { kind: 'user', text: name } }]);
    case 'reservation':
      return assert.equal(await journal.runSpend(name), 3);
    case 'intent':
      return assert.equal((await journal.effect(name))?.attempts, 1);
    case 'confirmation':
      return assert.equal((await journal.effect(name))?.outsideId, 'outside');
    case 'update':
      return assert.equal((await journal.record(name))?.generation, 2);
    default:
      assert.fail(`An acknowledgement nobody checks: ${line}`);
  }
}
