/** An issue goes along its team's states: only out of those that we put it in or that it was taken from. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ledger, STATES } from './make.ts';
import { acts, READY_EFFECTS, ready } from './ready.ts';

const OPENED = ledger(...READY_EFFECTS.filter((one) => one.key !== 'move:issue-1:1:review'));

describe('when its pull request is open, an issue', () => {
  const moved = (state: (typeof STATES)[keyof typeof STATES] | { id: string; name: string; type: 'started' }) =>
    acts(ready({ issue: { state }, more: { effects: OPENED } })).find((one) => one.kind === 'move-issue');

  it('is moved from where it was put at the start to where reviews are', () => {
    const move = moved(STATES.started);
    assert.deepEqual([move?.fromStateId, move?.toStateName], [STATES.started.id, 'In Review']);
  });

  it('stays in a state of the same type that a person chose', () => {
    assert.equal(moved({ id: 'state-blocked', name: 'Blocked', type: 'started' }), undefined);
  });
});
