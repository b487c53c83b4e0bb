// What is under way outlasts nobody's patience: who is slow is waited for a moment, and then goes on alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Task, UnderWay } from '../../src/heartbeat/under-way.ts';

/** Patience that ends when the test says so; and a gate for each slow step. */
function start() {
  const moments: (() => void)[] = [];
  const lateEnds: number[] = [];
  const steps: string[] = [];
  const underWay = new UnderWay({
    patience: () => new Promise((resolve) => moments.push(resolve)),
    onLateEnd: () => lateEnds.push(steps.length),
  });
  const gates = new Map<string, PromiseWithResolvers<boolean>>();
  const slow = (name: string) => () => {
    steps.push(name);
    const gate = Promise.withResolvers<boolean>();
    gates.set(name, gate);
    return gate.promise;
  };
  const quick =
    (name: string, changed = true) =>
    async () => {
      steps.push(name);
      return changed;
    };
  const task = (subject: string, ...of: Task['steps']): Task => ({ subject, steps: of });
  return {
    underWay,
    steps,
    lateEnds,
    task,
    slow,
    quick,
    outOfPatience: () => moments.pop()?.(),
    open: (name: string, changed = true) => gates.get(name)?.resolve(changed),
    fail: (name: string, error: Error) => gates.get(name)?.reject(error),
  };
}

test('what ends in time is waited for, and its end is told to nobody', async () => {
  const { underWay, steps, lateEnds, task, quick } = start();
  assert.equal(await underWay.run([task('a', quick('a1'), quick('a2')), task('b', quick('b', false))]), true);
  assert.deepEqual(steps.toSorted(), ['a1', 'a2', 'b']);
  assert.equal(await underWay.run([task('a', quick('a3', false))]), false);
  assert.equal(await underWay.run([]), false);
  assert.deepEqual([underWay.idle, lateEnds], [true, []]);
});

test('a slow one holds up nobody else, and nothing is begun for its subject meanwhile', async () => {
  const { underWay, steps, lateEnds, task, slow, quick, outOfPatience, open } = start();
  const first = underWay.run([task('a', slow('push'), quick('open')), task('b', quick('b'))]);
  outOfPatience();
  assert.equal(await first, true);
  assert.equal(underWay.idle, false);

  const second = underWay.run([task('a', quick('other')), task('b', quick('b again', false))]);
  outOfPatience();
  assert.equal(await second, false);
  assert.deepEqual(steps, ['push', 'b', 'b again']);

  open('push');
  await underWay.end();
  // The step decided with it is not taken: there has been a newer decision.
  assert.deepEqual(steps, ['push', 'b', 'b again']);
  assert.equal(lateEnds.length, 1);
  assert.equal(await underWay.run([task('a', quick('open anew'))]), true);
});

test('until there is a newer decision, what was decided is gone on with', async () => {
  const { underWay, steps, lateEnds, task, slow, quick, outOfPatience, open } = start();
  const first = underWay.run([task('a', slow('push'), quick('open'))]);
  outOfPatience();
  assert.equal(await first, false);
  open('push');
  while (!underWay.idle) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([steps, lateEnds], [['push', 'open'], [2]]);
  // That something changed meanwhile is told with the next answer.
  assert.equal(await underWay.run([]), true);
});

test('who has not begun when patience ends is left to the next decision', async () => {
  const { underWay, steps, task, slow, quick, outOfPatience, open } = start();
  const many = Array.from({ length: 9 }, (_, at) => task(`slow ${at}`, slow(`slow ${at}`)));
  const first = underWay.run([...many, task('late', quick('late'))]);
  outOfPatience();
  await first;
  assert.equal(steps.length, 8);
  for (const step of [...steps]) open(step, false);
  await underWay.end();
  assert.equal(steps.includes('late'), false);
  assert.equal(await underWay.run([task('late', quick('late'))]), true);
});

test('what is shown beside it waits for nothing else and counts for nothing', async () => {
  const { underWay, steps, task, slow, quick, outOfPatience, open } = start();
  const first = underWay.run([task('a', slow('push'), quick('open'))]);
  outOfPatience();
  await first;
  await underWay.also([task('shown a', quick('comment', false))]);
  assert.deepEqual(steps, ['push', 'comment']);
  open('push');
  while (!underWay.idle) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(steps, ['push', 'comment', 'open']);
});

test('what breaks is thrown to whoever asks next, and the others go on', async () => {
  const { underWay, steps, task, slow, quick, outOfPatience, fail } = start();
  const breaks = async () => {
    throw new Error('broken');
  };
  await assert.rejects(underWay.run([task('a', breaks, quick('after')), task('b', quick('b'))]), /broken/);
  assert.deepEqual(steps, ['b']);
  const second = underWay.run([task('a', slow('late'))]);
  outOfPatience();
  await second;
  fail('late', new Error('late trouble'));
  await assert.rejects(underWay.end(), /late trouble/);
  assert.equal(await underWay.run([]), false);
});
