/** Money: caps hold before the call, each reservation is settled once, and the sums are right in any order of events. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sql } from 'kysely';
import { StaleWrite } from '../../src/domain/stale-write.ts';
import type { Journal } from '../../src/heartbeat/journal.ts';
import { DAY_MS, NOON, SAMPLE_USAGE, sampleRecord, sampleRun } from './sample-rows.ts';
import { type TemporaryStore, temporaryStore } from './temporary-store.ts';

const CAPS = { run: 1_000_000, issue: 2_000_000, day: 3_000_000 };

async function reserved(journal: Journal, microUsd: number, over: { runId?: string; issueId?: string | null } = {}) {
  return journal.reserve({ runId: 'run-1', issueId: 'issue-1', microUsd, caps: CAPS, ...over });
}

async function withRuns(t: Parameters<typeof temporaryStore>[0], count = 1): Promise<TemporaryStore> {
  const store = await temporaryStore(t);
  for (let index = 1; index <= count; index += 1) {
    await store.journal.createRun(sampleRun({ id: `run-${index}`, attempt: index }));
  }
  return store;
}

function cost(microUsd: number) {
  return { microUsd, usage: SAMPLE_USAGE, model: 'local/coder' };
}

test('each cap refuses with a sentence that names it and the figures', async (t) => {
  const { journal, clock } = await withRuns(t, 4);
  assert.equal((await reserved(journal, 1_000_000)).ok, true);
  const run = await reserved(journal, 1);
  assert.equal(run.ok, false);
  assert.match(run.ok ? '' : run.reason, /\$0\.0000.*the cap of this run: \$1\.00 of \$1\.00/);
  assert.equal((await reserved(journal, 1_000_000, { runId: 'run-2' })).ok, true);
  const issue = await reserved(journal, 500_000, { runId: 'run-3' });
  assert.match(issue.ok ? '' : issue.reason, /\$0\.50.*the cap of this issue: \$2\.00 of \$2\.00/);
  assert.equal((await reserved(journal, 1_000_000, { runId: 'run-3', issueId: null })).ok, true);
  const day = await reserved(journal, 1, { runId: 'run-4', issueId: null });
  assert.match(day.ok ? '' : day.reason, /the cap of the day 2026-06-15 \(UTC\): \$3\.00 of \$3\.00/);
  clock.now += DAY_MS / 2;
  assert.equal((await reserved(journal, 1, { runId: 'run-4', issueId: null })).ok, true);
  assert.equal((await journal.spend()).dayMicroUsd, 1);
});

test('a reservation counts until it is settled, then what it cost counts, on the day it was made', async (t) => {
  const { journal, clock } = await withRuns(t);
  const one = await reserved(journal, 900_000);
  assert.ok(one.ok);
  assert.equal(await journal.runSpend('run-1'), 900_000);
  clock.now += DAY_MS;
  await journal.settle(one.reservationId, cost(150_000));
  assert.equal(await journal.runSpend('run-1'), 150_000);
  assert.deepEqual(await journal.spend(), { dayMicroUsd: 0, byIssue: new Map([['issue-1', 150_000]]) });
  clock.now -= DAY_MS;
  assert.equal((await journal.spend()).dayMicroUsd, 150_000);
});

test('a reservation is settled once', async (t) => {
  const { journal, database } = await withRuns(t);
  const one = await reserved(journal, 900_000);
  assert.ok(one.ok);
  const settled = await Promise.allSettled(
    [1, 2, 3].map((dollars) => journal.settle(one.reservationId, cost(dollars))),
  );
  assert.deepEqual(
    settled.map((attempt) => attempt.status),
    ['fulfilled', 'rejected', 'rejected'],
  );
  assert.equal(await journal.runSpend('run-1'), 1);
  await assert.rejects(journal.settle('no-such-reservation', cost(1)), StaleWrite);
  const row = await database.db.selectFrom('spend').selectAll().executeTakeFirstOrThrow();
  assert.deepEqual([row.usage, row.model, row.settledAt], [JSON.stringify(SAMPLE_USAGE), 'local/coder', NOON]);
});

test('reservations of a dead process settle at their worst case, exactly once', async (t) => {
  const { as, journal } = await withRuns(t, 3);
  const dead = as('dead');
  const open = await reserved(dead, 400_000);
  const paid = await reserved(dead, 300_000);
  const ours = await reserved(journal, 200_000);
  assert.ok(open.ok && paid.ok && ours.ok);
  await dead.settle(paid.reservationId, cost(50_000));
  assert.equal((await journal.recover()).settledReservations, 1);
  assert.equal((await journal.recover()).settledReservations, 0);
  assert.equal(await journal.runSpend('run-1'), 650_000);
  await assert.rejects(dead.settle(open.reservationId, cost(1)), StaleWrite);
  await journal.settle(ours.reservationId, cost(0));
  assert.equal(await journal.runSpend('run-1'), 450_000);
});

test('money that is no whole number of micro-dollars, and caps that are no numbers, let nothing through', async (t) => {
  const { journal } = await withRuns(t);
  for (const microUsd of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    await assert.rejects(reserved(journal, microUsd), RangeError);
  }
  const caps = { ...CAPS, issue: Number.NaN };
  assert.equal((await journal.reserve({ runId: 'run-1', issueId: 'issue-1', microUsd: 1, caps })).ok, false);
  assert.equal(await journal.runSpend('run-1'), 0);
});

test('spend names live issues whenever they spent, and others for 30 days', async (t) => {
  const { journal, clock } = await withRuns(t);
  await journal.claim(sampleRecord({ issueId: 'live' }), null);
  for (const issueId of ['live', 'quiet']) await reserved(journal, 7, { issueId });
  assert.deepEqual([...(await journal.spend()).byIssue.keys()].sort(), ['live', 'quiet']);
  clock.now += 31 * DAY_MS;
  assert.deepEqual((await journal.spend()).byIssue, new Map([['live', 7]]));
});

type Step =
  | { readonly kind: 'reserve'; readonly run: number; readonly issue: number | null; readonly microUsd: number }
  | { readonly kind: 'settle'; readonly which: number; readonly share: number }
  | { readonly kind: 'die' }
  | { readonly kind: 'pause' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('reserve' as const),
      run: fc.nat(2),
      issue: fc.option(fc.nat(1)),
      microUsd: fc.nat(60),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      which: fc.nat(30),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'die' } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'pause' } as const) },
);

interface ModelSpend {
  readonly id: string;
  readonly run: string;
  readonly issue: string | null;
  readonly day: number;
  readonly reserved: number;
  counts: number;
  open: boolean;
}

test('in any interleaving of reserving, settling and dying the sums are right and no cap is passed', async (t) => {
  const { as, clock, database } = await temporaryStore(t);
  const caps = { run: 100, issue: 150, day: 220 };
  let world = 0;
  const property = fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
    world += 1;
    clock.now = NOON + world * 1000 * DAY_MS;
    const runs = [0, 1, 2].map((index) => `${world}-run-${index}`);
    for (const id of runs) {
      await as('any').createRun(sampleRun({ id, subject: { kind: 'issue', issueId: id } }));
    }
    let life = 0;
    let journal = as(`${world}-life-${life}`);
    const ledger: ModelSpend[] = [];
    const sum = (of: (one: ModelSpend) => boolean) => ledger.filter(of).reduce((total, one) => total + one.counts, 0);
    const today = () => Math.floor(clock.now / DAY_MS);

    for (const one of steps) {
      switch (one.kind) {
        case 'reserve': {
          const run = runs[one.run] ?? '';
          const issue = one.issue === null ? null : `${world}-issue-${one.issue}`;
          const fits =
            sum((spent) => spent.run === run) + one.microUsd <= caps.run &&
            (issue === null || sum((spent) => spent.issue === issue) + one.microUsd <= caps.issue) &&
            sum((spent) => spent.day === today()) + one.microUsd <= caps.day;
          const answer = await journal.reserve({ runId: run, issueId: issue, microUsd: one.microUsd, caps });
          assert.equal(answer.ok, fits);
          if (answer.ok) {
            const { microUsd } = one;
            ledger.push({
              id: answer.reservationId,
              run,
              issue,
              day: today(),
              reserved: microUsd,
              counts: microUsd,
              open: true,
            });
          }
          break;
        }
        case 'settle': {
          const spent = ledger[one.which];
          if (spent === undefined) break;
          const microUsd = Math.floor(spent.reserved * one.share);
          if (spent.open) {
            await journal.settle(spent.id, cost(microUsd));
            spent.counts = microUsd;
            spent.open = false;
          } else {
            await assert.rejects(journal.settle(spent.id, cost(microUsd)), StaleWrite);
          }
          break;
        }
        case 'die': {
          life += 1;
          journal = as(`${world}-life-${life}`);
          const { settledReservations } = await journal.recover();
          assert.equal(settledReservations, ledger.filter((spent) => spent.open).length);
          for (const spent of ledger) spent.open = false;
          break;
        }
        case 'pause':
          clock.now += DAY_MS / 3;
      }
      const { dayMicroUsd, byIssue } = await journal.spend();
      assert.equal(
        dayMicroUsd,
        sum((spent) => spent.day === today()),
      );
      for (const issue of [0, 1].map((index) => `${world}-issue-${index}`)) {
        assert.equal(
          byIssue.get(issue) ?? 0,
          sum((spent) => spent.issue === issue),
        );
        assert.ok((byIssue.get(issue) ?? 0) <= caps.issue);
      }
      for (const run of runs) {
        const total = await journal.runSpend(run);
        assert.equal(
          total,
          sum((spent) => spent.run === run),
        );
        assert.ok(total <= caps.run);
      }
      assert.ok(dayMicroUsd <= caps.day);
    }
    // The next world's recover() must find nothing of this one.
    await as('undertaker').recover();
  });
  // Many thousand writes whose durability is not the question here.
  await sql`pragma synchronous = off`.execute(database.db);
  await fc.assert(property, { numRuns: 60 });
});
