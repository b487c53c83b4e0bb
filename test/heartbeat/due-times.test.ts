/** Times on the machine's clock, while that clock is set and the machine sleeps: none is waited for too long, none comes in a crowd. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cronTimer } from '../../src/heartbeat/cron-timer.ts';
import { dueTimes } from '../../src/heartbeat/due-times.ts';
import { Heartbeat } from '../../src/heartbeat/heartbeat.ts';

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const EVERY_MS = 30 * SECOND_MS;
const BEGIN = Date.UTC(2026, 9, 25, 0, 30);

/** After a minute the clock moves by `jumpMs` between two looks; looks are a second apart. */
const cases: readonly {
  readonly name: string;
  readonly jumpMs: number;
  /** At which looks after the jump something was due. */
  readonly due: readonly number[];
}[] = [
  { name: 'nobody sets it', jumpMs: 0, due: [30, 60] },
  { name: 'put back by an hour', jumpMs: -HOUR_MS, due: [30, 60] },
  { name: 'put back by a week', jumpMs: -7 * 24 * HOUR_MS, due: [30, 60] },
  { name: 'put back by less than lies between two times', jumpMs: -10 * SECOND_MS, due: [10, 40, 70] },
  { name: 'put forward within the time that is waited for', jumpMs: 10 * SECOND_MS, due: [20, 50, 80] },
  { name: 'put forward by an hour, or asleep for as long', jumpMs: HOUR_MS, due: [1, 30, 60] },
  { name: 'put forward by thirty days', jumpMs: 30 * 24 * HOUR_MS, due: [1, 30, 60] },
];

for (const { name, jumpMs, due } of cases) {
  test(`a time every 30 s by a clock: ${name}`, () => {
    let now = BEGIN;
    const next = (): number => (Math.floor(now / EVERY_MS) + 1) * EVERY_MS;
    const times = dueTimes(() => now, next);
    const look = (): boolean => {
      now += SECOND_MS;
      return times.look();
    };
    assert.equal(Array.from({ length: 60 }, look).filter(Boolean).length, 2);
    now += jumpMs;
    const seen = Array.from({ length: 80 }, look);
    assert.deepEqual(
      seen.flatMap((is, at) => (is ? [at + 1] : [])),
      due,
    );
    assert.equal(times.msToNext(), next() - now);
  });
}

test('a cron expression is followed until it is stopped', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = cronTimer('* * * * * *', 'America/New_York', resolve);
  assert.ok(timer.msToNext() <= SECOND_MS);
  await promise;
  timer.stop();
});

test('the heart beats at its cadence, takes over another, and says when it looks next by the clock it was given', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const now = BEGIN;
  const heart: Heartbeat = new Heartbeat(
    {
      clock: { now: () => now },
      before: async () => '* * * * * *',
      tick: async () => {
        if (heart.state().ticks > 1) resolve();
        throw new Error('Nothing is looked at here.');
      },
      after: () => {},
      onFailure: () => {},
    },
    '0 0 0 1 1 *',
  );
  assert.equal(heart.state().nextLookAt, null);
  heart.start();
  await promise;
  const { nextLookAt, lastWake } = heart.state();
  assert.equal(lastWake, 'cadence');
  assert.ok(nextLookAt !== null && nextLookAt >= now && nextLookAt <= now + SECOND_MS);
  await heart.stop();
});
