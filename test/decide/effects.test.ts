/** What the ledger says about a write: due, done, waiting or refused; and that "go on" never repeats what was done. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { effectStanding } from '../../src/decide/effects.ts';
import { retryDelayMs } from '../../src/decide/retry.ts';
import { isRunning, openSlots } from '../../src/decide/slots.ts';
import type { Effect } from '../../src/domain/effect.ts';
import { ledger, makeEffect, makeRun, makeSettings, NOW } from './make.ts';

const KEY = 'push:issue-1:1:abc';
const push = (value: Partial<Effect> = {}): Effect =>
  makeEffect({ key: KEY, kind: 'push-branch', intendedAt: NOW - 1_000, confirmedAt: null, ...value });
const refused = { refused: true, lastError: 'no' } as const;

interface Row {
  readonly when: string;
  readonly effects: readonly Effect[];
  readonly resumedAgoMs: number;
  readonly is: Readonly<Record<string, unknown>>;
}

const RESUMED = NOW - 500;
const ROWS: readonly Row[] = [
  { when: 'it was never tried', effects: [], resumedAgoMs: 5_000, is: { kind: 'due', key: KEY } },
  {
    when: 'it is confirmed',
    effects: [push({ confirmedAt: NOW, outsideId: 'x' })],
    resumedAgoMs: 0,
    is: { kind: 'done', key: KEY, outsideId: 'x' },
  },
  { when: 'its answer was lost', effects: [push()], resumedAgoMs: 0, is: { kind: 'due', key: KEY } },
  {
    when: 'it failed and its pause lasts',
    effects: [push({ retryAt: NOW + 1, lastError: 'down' })],
    resumedAgoMs: 0,
    is: { kind: 'waiting', until: NOW + 1, error: 'down' },
  },
  { when: 'its pause is over', effects: [push({ retryAt: NOW })], resumedAgoMs: 0, is: { kind: 'due', key: KEY } },
  { when: 'it was refused', effects: [push(refused)], resumedAgoMs: 5_000, is: { kind: 'refused', error: 'no' } },
  {
    when: 'a person said go on after the refusal',
    effects: [push(refused)],
    resumedAgoMs: 500,
    is: { kind: 'due', key: `${KEY}~${RESUMED}` },
  },
  {
    when: 'it was refused again after that',
    effects: [push(refused), push({ ...refused, key: `${KEY}~${RESUMED}`, intendedAt: NOW - 400 })],
    resumedAgoMs: 500,
    is: { kind: 'refused', error: 'no' },
  },
  {
    when: 'it was done after that',
    effects: [push(refused), push({ key: `${KEY}~${RESUMED}`, confirmedAt: NOW, outsideId: 'y' })],
    resumedAgoMs: 500,
    is: { kind: 'done', key: `${KEY}~${RESUMED}`, outsideId: 'y' },
  },
  {
    when: 'it was done after that, and a person said go on once more',
    effects: [push(refused), push({ key: `${KEY}~${RESUMED}`, confirmedAt: NOW, outsideId: 'y' })],
    resumedAgoMs: 0,
    is: { kind: 'done', key: `${KEY}~${RESUMED}`, outsideId: 'y' },
  },
  {
    when: 'the second try is in doubt, and a person said go on once more',
    effects: [push(refused), push({ key: `${KEY}~${RESUMED}`, intendedAt: NOW - 400 })],
    resumedAgoMs: 0,
    is: { kind: 'due', key: `${KEY}~${RESUMED}` },
  },
];

describe('a write', () => {
  for (const { when, effects, resumedAgoMs, is } of ROWS) {
    it(`is ${String(is.kind)} when ${when}`, () => {
      assert.deepEqual(effectStanding(ledger(...effects), KEY, NOW, NOW - resumedAgoMs), is);
    });
  }

  it('is not confused with one whose key merely begins alike', () => {
    const other = ledger(push(refused), push({ key: `${KEY}def`, confirmedAt: NOW }));
    assert.equal(effectStanding(other, KEY, NOW, 0).kind, 'refused');
  });
});

describe('the pause before another try', () => {
  const rows = [
    { attempts: 1, asked: null, is: 2_000 },
    { attempts: 2, asked: null, is: 4_000 },
    { attempts: 6, asked: null, is: 64_000 },
    { attempts: 9, asked: null, is: 300_000 },
    { attempts: 10_000, asked: null, is: 300_000 },
    { attempts: 1, asked: 60_000, is: 60_000 },
    { attempts: 9, asked: 1_000, is: 300_000 },
    { attempts: 9, asked: 900_000, is: 900_000 },
  ];
  for (const { attempts, asked, is } of rows) {
    it(`after ${attempts} tries${asked === null ? '' : `, asked to wait ${asked} ms`}: ${is} ms`, () => {
      assert.equal(retryDelayMs(attempts, asked), is);
    });
  }
});

describe('slots', () => {
  const live = (value: Parameters<typeof makeRun>[0]) => makeRun({ state: 'running', result: null, ...value });

  it('are counted over all roles, and no run passes the limit', () => {
    const settings = makeSettings({ limits: { ...makeSettings().limits, runsMax: 3 } });
    const slots = openSlots(settings, [live({ id: 'a' }), makeRun({ id: 'over' })], true);
    assert.equal(slots.take('dev'), null);
    assert.equal(slots.take('review'), null);
    assert.equal(slots.take('devops'), 'All 3 slots are taken.');
  });

  it('are counted for each role', () => {
    const { dev } = makeSettings().roles;
    assert.ok(dev);
    const settings = makeSettings({ roles: { dev: { ...dev, concurrencyMax: 1 }, review: dev } });
    const slots = openSlots(settings, [live({ id: 'a' })], true);
    assert.equal(slots.take('dev'), 'All 1 dev slots are taken.');
    assert.equal(slots.take('review'), null);
    assert.match(slots.take('devops') ?? '', /No model is configured for the role devops: add roles\.devops/);
  });

  it('are not taken by a run that waits for a person', () => {
    const settings = makeSettings({ limits: { ...makeSettings().limits, runsMax: 1 } });
    assert.equal(openSlots(settings, [makeRun({ state: 'awaiting-human' })], true).take('dev'), null);
  });

  it('are closed while the bot drains', () => {
    assert.match(openSlots(makeSettings(), [], false).take('dev') ?? '', /stopping/);
  });

  it('know an equal run by subject and role', () => {
    const dispatch = {
      kind: 'dispatch',
      subject: { kind: 'issue', issueId: 'issue-1' },
      issueKey: 'ENG-1',
      repository: 'acme/shop',
      role: 'dev',
      cause: { kind: 'implement' },
      attempt: 1,
      sessionId: null,
      reason: 'Because.',
    } as const;
    assert.equal(isRunning(dispatch, [live({})]), true);
    assert.equal(isRunning(dispatch, [makeRun({})]), false);
    assert.equal(isRunning(dispatch, [live({ role: 'review' })]), false);
    assert.equal(isRunning(dispatch, [live({ subject: { kind: 'issue', issueId: 'issue-2' } })]), false);
  });
});
