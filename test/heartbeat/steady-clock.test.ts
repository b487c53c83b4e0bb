/** A clock that is never put back, against a machine whose clock is. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { steadyClock } from '../../src/heartbeat/steady-clock.ts';

const DAY_MS = 86_400_000;

describe('the steady clock', () => {
  const machine = { at: 1_000_000, elapsed: 0 };
  const clock = (notBefore: number) => steadyClock({ now: () => machine.at }, () => machine.elapsed, notBefore);
  const pass = (milliseconds: number, jump = 0): void => {
    machine.at += milliseconds + jump;
    machine.elapsed += milliseconds;
  };

  it('follows the machine forward, goes on by itself when that is put back, and catches up with it again', () => {
    const steady = clock(0);
    const began = steady.now();
    pass(5_000);
    assert.equal(steady.now() - began, 5_000);
    pass(1_000, DAY_MS);
    assert.equal(steady.now() - began, DAY_MS + 6_000);
    pass(1_000, -DAY_MS);
    assert.equal(steady.now() - began, DAY_MS + 7_000);
    pass(0, 2 * DAY_MS);
    assert.equal(steady.now() - began, 2 * DAY_MS + 7_000);
  });

  it('does not begin before what was written last', () => {
    const steady = clock(machine.at + 500);
    assert.equal(steady.now(), machine.at + 500);
    pass(100);
    assert.equal(steady.now(), machine.at + 500);
  });

  it('does not stand still when it is asked more often than once a millisecond', () => {
    const steady = clock(machine.at + DAY_MS);
    const began = steady.now();
    for (let ask = 0; ask < 10; ask += 1) {
      machine.elapsed += 0.5;
      steady.now();
    }
    assert.equal(steady.now() - began, 5);
  });
});
