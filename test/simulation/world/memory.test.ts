/** What is kept comes back as it was, as the same objects, as often as it is asked for. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemory } from './memory.ts';

describe('the memory of a world', () => {
  it('brings back numbers, maps, sets and lists, in their order', () => {
    const { keep, moment } = createMemory();
    const own = keep({ count: 1, names: new Map([['a', 1]]), seen: new Set(['x']), log: ['one', 'two'] });
    const { names, seen, log } = own;
    const then = moment();
    for (let time = 0; time < 2; time += 1) {
      own.count += 5;
      names.delete('a');
      names.set('b', 2).set('a', 3);
      seen.clear();
      log.splice(0, 1, 'three');
      then.again();
      assert.deepEqual(own, { count: 1, names: new Map([['a', 1]]), seen: new Set(['x']), log: ['one', 'two'] });
      assert.ok(own.names === names && own.seen === seen && own.log === log);
    }
  });

  it('brings back a list that was replaced', () => {
    const { keep, moment } = createMemory();
    const own = keep({ looks: [1, 2] as readonly number[] });
    const first = moment();
    own.looks = [2, 3];
    const second = moment();
    first.again();
    assert.deepEqual(own.looks, [1, 2]);
    second.again();
    assert.deepEqual(own.looks, [2, 3]);
  });

  it('knows when nothing has changed, and when anything has', () => {
    const { keep, moment } = createMemory();
    const own = keep({ names: new Map([['a', 1]]), log: [1], at: 0 });
    const then = moment();
    assert.ok(then.same(moment()));
    for (const change of [() => own.names.set('a', 2), () => own.log.push(2), () => (own.at += 1)]) {
      change();
      assert.ok(!then.same(moment()), String(change));
      then.again();
      assert.ok(then.same(moment()), String(change));
    }
  });
});
