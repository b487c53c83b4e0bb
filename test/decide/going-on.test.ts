/** Which runs without a session are taken up at a look. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goingOn } from '../../src/decide/going-on.ts';
import type { Action } from '../../src/domain/action.ts';
import type { Run } from '../../src/domain/run.ts';
import { makeRun } from './make.ts';

const subject = { kind: 'issue', issueId: 'issue-1' } as const;
const reason = 'Grace took it away.';
const park: Action = { kind: 'update-record', issueId: 'issue-1', generation: 1, change: { phase: 'parked' }, reason };
const cancel: Action = { kind: 'cancel-run', runId: 'run-1', reason };

const cases: readonly {
  readonly name: string;
  readonly run?: Partial<Run>;
  readonly live?: string;
  readonly actions?: readonly Action[];
  readonly goesOn: boolean;
}[] = [
  { name: 'it was created and nothing more', goesOn: true },
  { name: 'it was at work when its session was lost', run: { state: 'running' }, goesOn: true },
  { name: 'another session is live', live: 'run-2', goesOn: true },
  { name: 'its session is live', run: { state: 'running' }, live: 'run-1', goesOn: false },
  { name: 'it has ended', run: { state: 'failed' }, goesOn: false },
  { name: 'it is later to be tried again', run: { state: 'postponed' }, goesOn: false },
  { name: "it is plain code's own", run: { role: 'orchestrator', state: 'running' }, goesOn: false },
  { name: 'it is about to be cancelled', actions: [cancel], goesOn: false },
  { name: 'its issue is about to be parked', actions: [park], goesOn: false },
  { name: 'another issue is about to be parked', actions: [{ ...park, issueId: 'issue-2' }], goesOn: true },
  { name: 'its record changes', actions: [{ ...park, change: { head: 'h' } }], goesOn: true },
];

for (const { name, run: change, live, actions = [], goesOn } of cases) {
  test(`${name}: ${goesOn ? 'it goes on' : 'it is left alone'}`, () => {
    const one = makeRun({ id: 'run-1', subject, state: 'queued', ...change });
    const sessions = live === undefined ? [] : [{ runId: live }];
    assert.deepEqual(goingOn([one], sessions, actions), goesOn ? [one] : []);
  });
}
