/** How the stories of an issue are begun, and what must be true at their ends. */
import assert from 'node:assert/strict';
import type { Run } from '../../src/domain/run.ts';
import { makeSettings } from './make.ts';
import { type Ending, Outside, type Script } from './outside.ts';

/** Answers in turn, the last one for ever. */
export function inTurn<T>(...values: readonly [T, ...T[]]): () => T {
  let at = 0;
  return () => {
    const value = values[Math.min(at, values.length - 1)] ?? values[0];
    at += 1;
    return value;
  };
}

export const ending = (kind: Ending['kind']): Ending => ({ kind });

export function begun(script: Partial<Script> = {}, settings = makeSettings()): Outside {
  const outside = new Outside(script, settings);
  outside.put('ENG-1');
  return outside;
}

export function causes(outside: Outside): readonly string[] {
  return outside.runs.map((run) => `${run.role}: ${run.cause.kind}`);
}

export function done(outside: Outside, key = 'ENG-1'): void {
  assert.deepEqual(outside.violations, []);
  const record = outside.record(key);
  assert.equal(record.phase, 'done', record.reason ?? '');
  assert.equal(outside.issues.get(record.issueId)?.state.name, 'Done');
  assert.equal(outside.landings.filter((one) => one.number === record.pullRequest).length, 1);
  assert.equal(outside.reports.filter((report) => report.event === 'merged' && report.text.includes(key)).length, 1);
}

export function parked(outside: Outside, reason: RegExp, key = 'ENG-1'): void {
  outside.settle();
  assert.deepEqual(outside.violations, []);
  assert.equal(outside.record(key).phase, 'parked');
  assert.match(outside.record(key).reason ?? '', reason);
  assert.equal(outside.reports.filter((report) => report.event === 'parked').length, 1, 'a person hears of it once');
}

export const live = (outside: Outside): readonly Run[] => outside.runs.filter((run) => run.state === 'running');
