/** One governor with a clock set by hand: turns, spacing, caps, holds, the reserve, and clocks that are wrong. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limitReports } from '../../src/decide/limit-words.ts';
import { OutsideError } from '../../src/domain/outside-error.ts';
import { NO_PRESSURE } from '../../src/domain/pressure.ts';
import type { Heard, Request } from '../../src/governor/account.ts';
import { createGovernor, type GovernorOptions } from '../../src/governor/governor.ts';

const NOON = Date.parse('2026-11-02T12:00:00.000Z');
const HOUR = 3_600_000;

function governed(change: Partial<GovernorOptions> = {}) {
  let passed = 0;
  let jumped = 0;
  const waits: number[] = [];
  const governor = createGovernor({
    name: 'GitHub',
    now: () => NOON + passed + jumped,
    steady: () => passed,
    wait: async (milliseconds) => {
      waits.push(milliseconds);
      passed += milliseconds;
    },
    reserveShare: 0.1,
    writes: { writeSpacingMs: 1_000, writesPerMinuteMax: null, writesPerHourMax: null },
    ...change,
  });
  return {
    governor,
    account: governor.account(),
    waits,
    passed: () => passed,
    pass: (milliseconds: number) => {
      passed += milliseconds;
    },
    /** Somebody sets the clock on the wall. */
    jump: (milliseconds: number) => {
      jumped += milliseconds;
    },
  };
}

const read: Request = {
  attempted: 'read it',
  operation: 'Read',
  draws: ['requests'],
  urgency: 'look',
  write: false,
  content: false,
};
const words: Request = {
  ...read,
  attempted: 'write it',
  operation: 'Write',
  urgency: 'ordinary',
  write: true,
  content: true,
};
const merge: Request = { ...words, attempted: 'merge it', operation: 'Merge', urgency: 'urgent', content: false };

const heard = (
  left: number,
  change: Partial<Heard['quotas'][number]> = {},
  serverDate: number | null = NOON,
): Heard => ({
  serverDate,
  quotas: [{ name: 'requests', limit: 1_000, left, resetAt: NOON + HOUR, refill: 'at-reset', ...change }],
});

const limited = (error: unknown): number => {
  assert.ok(error instanceof OutsideError && error.kind === 'limited', String(error));
  return error.retryAfterMs ?? -1;
};

test('writes leave one at a time, a second apart, the most urgent first', async () => {
  const { account, waits, passed, pass } = governed();
  const begun: string[] = [];
  let running = 0;
  const write = (request: Request, name: string) =>
    account.send(request, async () => {
      running += 1;
      assert.equal(running, 1, 'alone');
      begun.push(`${name} ${passed()}`);
      await Promise.resolve();
      pass(300);
      running -= 1;
    });
  await Promise.all([write(words, 'first'), write(words, 'second'), write(words, 'third'), write(merge, 'merge')]);
  assert.deepEqual(begun, ['first 0', 'merge 1300', 'second 2600', 'third 3900']);
  assert.deepEqual(waits, [1_000, 1_000, 1_000]);
  pass(5_000);
  await write(words, 'later');
  assert.equal(waits.length, 3, 'nobody waits after a pause');
});

test('a write that fails or may not leave lets the next one go', async () => {
  const { account, waits, pass } = governed();
  const failing = account.send(words, async () => Promise.reject(new Error('broken')));
  const next = account.send(words, async () => 'done');
  await assert.rejects(failing, /broken/);
  assert.equal(await next, 'done');
  assert.equal(waits.length, 1);
  await account.send(read, async (trip) => trip.heard(heard(50)));
  pass(5_000);
  assert.ok(limited(await account.send(words, async () => 'left').catch((error: unknown) => error)) > 0);
  assert.equal(await account.send(merge, async () => 'merged'), 'merged');
  assert.equal(waits.length, 1, 'only what left is followed by a pause');
});

test('reads do not queue', async () => {
  const { account } = governed();
  let release = (): void => {};
  const slow = account.send(
    words,
    () =>
      new Promise<void>((resolve) => {
        release = resolve;
      }),
  );
  assert.equal(await account.send(read, async () => 'read'), 'read');
  release();
  await slow;
});

test('caps on words hold in the minute and in the hour, over a restart too, and merges are none', async () => {
  const caps = { writeSpacingMs: 0, writesPerMinuteMax: 3, writesPerHourMax: 5 };
  const { account, governor, pass } = governed({ writes: caps });
  const write = () => account.send(words, async () => 'done').catch(limited);
  assert.deepEqual([await write(), await write(), await write(), await write()], ['done', 'done', 'done', 60_000]);
  assert.equal(await account.send(merge, async () => 'merged'), 'merged');
  pass(60_000);
  assert.deepEqual([await write(), await write(), await write()], ['done', 'done', HOUR - 60_000]);
  assert.equal(governor.view().writesLastHour, 5);
  const after = governed({ writes: caps });
  after.governor.remember([NOON - 2 * HOUR, ...Array.from({ length: 5 }, (_, index) => NOON - 600_000 - index)]);
  assert.equal(await after.account.send(words, async () => 'done').catch(limited), HOUR - 600_004);
});

test('the reserve is for merges: words stop at it, looks at a quarter of it, merges at nothing', async () => {
  const { account, pass } = governed({
    writes: { writeSpacingMs: 0, writesPerMinuteMax: null, writesPerHourMax: null },
  });
  const leaves = async (request: Request) =>
    account.send(request, async () => true).catch((error: unknown) => limited(error) < 0);
  const at = async (left: number) => {
    await account.send({ ...merge, draws: [] }, async (trip) => trip.heard(heard(left)));
    return [await leaves(words), await leaves(read), await leaves(merge)];
  };
  assert.deepEqual(await at(101), [true, true, true]);
  assert.deepEqual(await at(100), [false, true, true]);
  assert.deepEqual(await at(26), [false, true, true]);
  assert.deepEqual(await at(25), [false, false, true]);
  assert.deepEqual(await at(1), [false, false, true]);
  assert.deepEqual(await at(0), [false, false, false]);
  pass(HOUR);
  assert.deepEqual([await leaves(words), await leaves(read), await leaves(merge)], [true, true, true]);
});

test('what is on its way counts: many at once do not overdraw what is left', async () => {
  const { account } = governed({ reserveShare: 0 });
  await account.send(read, async (trip) => trip.heard(heard(3)));
  const all = await Promise.all(
    Array.from({ length: 10 }, () => account.send(read, async () => 'left').catch((error: unknown) => limited(error))),
  );
  assert.equal(all.filter((one) => one === 'left').length, 3);
});

test('a query is held to what it cost the last time', async () => {
  const { account } = governed({ reserveShare: 0 });
  await account.send(read, async (trip) => trip.heard({ ...heard(500), costs: { requests: 300 } }));
  await account.send(read, async (trip) => trip.heard({ ...heard(200), costs: { requests: 300 } }));
  assert.equal(await account.send(read, async () => 'left').catch(limited), HOUR);
  assert.equal(await account.send({ ...read, operation: 'Probe' }, async () => 'left'), 'left');
});

test('a refusal holds everything for as long as it asked, and not a moment less', async () => {
  const { account, governor, pass } = governed();
  let calls = 0;
  const ask = (request: Request) =>
    account
      .send(request, async () => {
        calls += 1;
        return 'left';
      })
      .catch(limited);
  await account.send(read, async (trip) => assert.equal(trip.refused(30_000, 'all'), 30_000));
  assert.deepEqual([await ask(read), await ask(merge), calls], [30_000, 30_000, 0]);
  assert.equal(governor.pressure().level, 'exhausted');
  assert.match(governor.pressure().because, /asked to wait 30 s/);
  pass(29_999);
  assert.deepEqual([await ask(merge), calls], [1, 0]);
  pass(1);
  assert.equal(await ask(read), 'left');
  assert.equal(governor.pressure().level, 'normal');
});

test('a hold on one quota or one operation leaves the others alone', async () => {
  const { account } = governed();
  await account.send(read, async (trip) => trip.refused(30_000, { quota: 'requests' }));
  assert.equal(await account.send({ ...read, draws: ['points'] }, async () => 'left'), 'left');
  const { account: other, governor } = governed();
  await other.send(read, async (trip) => trip.refused(30_000, 'operation'));
  assert.equal(await other.send(read, async () => 'left').catch(limited), 30_000);
  assert.equal(await other.send({ ...read, operation: 'Other' }, async () => 'left'), 'left');
  assert.equal(governor.pressure().level, 'normal', 'one bad query does not slow down the rest');
});

test('refusals without a time wait longer each time; after enough of them it is tried once an hour', async () => {
  const { account, governor, pass } = governed();
  const waits: number[] = [];
  for (let count = 1; count < 8; count += 1) {
    const wait = await account.send(read, async (trip) => trip.refused(null, 'all'));
    waits.push(wait / 60_000);
    pass(wait);
  }
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 60]);
  assert.equal(governor.view().hourlySince, null);
  await account.send(read, async (trip) => trip.refused(null, 'all'));
  assert.equal(governor.view().hourlySince, NOON + 123 * 60_000);
  pass(HOUR - 1);
  await assert.rejects(
    account.send(merge, async () => assert.fail('it left')),
    /refused 8 times in a row, so it is tried once an hour/,
  );
  pass(1);
  assert.equal(governor.pressure().level, 'exhausted', 'nothing is better before it has answered');
  assert.equal(await account.send(merge, async () => 'merged'), 'merged');
  assert.deepEqual([governor.pressure().level, governor.view().hourlySince], ['normal', null]);
});

test('short waits that never end come to one try an hour, which people hear once, and it ends with them', async () => {
  const { account, governor, pass, passed } = governed();
  const tries: number[] = [];
  const told = new Map<string, string>();
  for (; passed() < 6 * HOUR; pass(30_000)) {
    await account
      .send(read, async (trip) => {
        tries.push(passed() / 60_000);
        if (passed() < 4 * HOUR) trip.refused(20_000, 'all');
      })
      .catch(limited);
    for (const { key, text } of limitReports({ ...NO_PRESSURE, github: governor.pressure() })) told.set(key, text);
  }
  assert.deepEqual(
    tries.filter((minute) => minute < 300),
    [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 63.5, 123.5, 183.5, ...Array.from({ length: 113 }, (_, beat) => 243.5 + beat / 2)],
  );
  const seldom = [...told.values()].filter((text) => /only once an hour until it answers, merges and stops/.test(text));
  assert.equal(seldom.length, 1);
});

test("an operation's own limit ends in one try an hour of it alone", async () => {
  const { account, governor, pass } = governed();
  const waits: number[] = [];
  for (let count = 1; count <= 9; count += 1) {
    waits.push(await account.send(read, async (trip) => trip.refused(1_000, 'operation')));
    pass(waits.at(-1) ?? 0);
  }
  assert.deepEqual(waits, [...Array.from({ length: 7 }, () => 1_000), HOUR, HOUR]);
  assert.deepEqual([governor.view().hourlySince, governor.pressure().level], [null, 'normal']);
  assert.equal(await account.send(merge, async (trip) => trip.refused(null, 'all')), 60_000, 'the first of the whole');
});

test('an answer in between starts the count anew, and refusals of one moment are one', async () => {
  const { account, pass } = governed();
  const refused = () => account.send(read, async (trip) => trip.refused(null, 'all'));
  pass(await refused());
  assert.equal(await account.send(read, async () => 'good'), 'good');
  assert.equal(await refused(), 60_000);
  pass(60_000);
  const gates: (() => void)[] = [];
  const together = Array.from({ length: 5 }, () =>
    account.send(read, async (trip) => {
      await new Promise<void>((resolve) => gates.push(resolve));
      return trip.refused(null, 'all');
    }),
  );
  pass(10);
  for (const open of gates) open();
  assert.deepEqual(await Promise.all(together), [120_000, 120_000, 120_000, 120_000, 120_000]);
});

test("times are the server's and waits are steady: a clock that is wrong or set anew changes nothing", async () => {
  for (const wrong of [-300_000, 300_000, -24 * HOUR, 24 * HOUR]) {
    const { account, jump, pass } = governed({ reserveShare: 0 });
    jump(wrong);
    // The server says noon and a reset in ten minutes, whatever our clock says.
    await account.send(read, async (trip) => {
      trip.heard(heard(0, { resetAt: NOON + 600_000 }));
      assert.equal(trip.serverNow(), NOON);
    });
    jump(-2 * wrong);
    assert.equal(await account.send(read, async () => 'left').catch(limited), 600_000, `${wrong}`);
    pass(599_999);
    jump(wrong);
    assert.equal(await account.send(read, async () => 'left').catch(limited), 1, `${wrong}`);
    pass(1);
    assert.equal(await account.send(read, async () => 'left'), 'left');
  }
});

test('looks keep the pace of the level, and urgent requests do not wait for it', async () => {
  const { account, governor, pass } = governed();
  const look = () => {
    try {
      governor.look('acme/cart', 'read it');
      return 0;
    } catch (error) {
      return limited(error);
    }
  };
  assert.deepEqual([look(), look()], [0, 0]);
  await account.send(read, async (trip) => trip.heard(heard(400)));
  assert.deepEqual([governor.pressure().level, look()], ['careful', 60_000]);
  pass(60_000);
  assert.equal(look(), 0);
  await account.send(read, async (trip) => trip.heard(heard(90)));
  assert.deepEqual([governor.pressure().level, governor.pressure().worse, look()], ['exhausted', true, 180_000]);
  governor.look('acme/other', 'read another');
  assert.equal(await account.send(merge, async () => 'merged'), 'merged');
  pass(179_999);
  assert.equal(look(), 1);
  pass(1);
  assert.equal(look(), 0);
  await account.send(read, async (trip) => trip.heard(heard(1_000)));
  assert.deepEqual([governor.pressure().level, governor.pressure().worse, look()], ['normal', false, 0]);
});

test('a look at the slower interface always falls together with one at the faster', async () => {
  const linear = governed();
  const github = governed();
  await linear.account.send(read, async (trip) => trip.heard(heard(400)));
  await github.account.send(read, async (trip) => trip.heard(heard(90)));
  const looked = (side: typeof linear): boolean => {
    try {
      side.governor.look('it', 'read it');
      return true;
    } catch {
      return false;
    }
  };
  let both = 0;
  for (let beat = 0; beat < 115; beat += 1) {
    // Beats come on the half minute, and now and then a session's end wakes the heart in between.
    const step = beat % 7 === 3 ? 11_000 : 30_000;
    linear.pass(step);
    github.pass(step);
    const [slow, fast] = [looked(github), looked(linear)];
    assert.ok(!slow || fast, `beat ${beat}`);
    if (slow) both += 1;
  }
  assert.ok(both >= 13 && both <= 15, `${both} looks in ${linear.passed() / 60_000} minutes`);
});

test('the points of a minute are not spent beyond what GitHub bears, the last of them only on merges', async () => {
  const { account, pass } = governed({
    writes: null,
    minutePoints: { max: { requests: 100 }, read: 1, write: 5 },
  });
  const leaving = async (request: Request) => {
    let count = 0;
    while ((await account.send(request, async () => 'left').catch(limited)) === 'left') count += 1;
    return count;
  };
  assert.equal(await leaving({ ...words, content: false }), 16);
  assert.equal(await leaving(merge), 4);
  assert.equal(await leaving(read), 0);
  pass(60_000);
  assert.equal(await leaving(read), 100);
});
