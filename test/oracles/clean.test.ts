import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge } from './judge.ts';
import { playTicket, tinyWorld } from './tiny-world.ts';

for (const method of ['merge', 'squash', 'rebase'] as const) {
  test(`a clean ticket merged by ${method}`, async (context) => {
    const t0 = performance.now();
    const world = await tinyWorld(context);
    const t1 = performance.now();
    await playTicket(world, 'ENG-1', { method });
    const t2 = performance.now();
    const results = await judge(world.outside);
    console.log(t1 - t0, t2 - t1, performance.now() - t2);
    console.log(results.map((r) => `${r.name} ${r.observed}`).join('\n'));
    assert.deepEqual(results.flatMap((one) => one.violations.map((v) => ({ oracle: one.name, ...v }))), []);
  });
}
