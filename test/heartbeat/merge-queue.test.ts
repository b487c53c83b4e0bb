// A base branch with a merge queue of GitHub's own: pull requests are handed to it, and what it lands is looked at as well.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { need } from '../needs.ts';
import { assertLawful } from '../oracles/lawful.ts';
import { bwrapWorks } from '../world/bwrap-works.ts';
import type { CiEvent } from '../world/ci/start-ci.ts';
import type { MergeMethod } from '../world/github/state.ts';
import { commit, finish, writeFile } from '../world/models/agent-steps.ts';
import { byRole, steps } from '../world/models/scripted-agent.ts';
import { BASE_BRANCH, BOT_LOGIN, CHECK, CI_APP, REPOSITORY } from '../world/start-world.ts';
import { approving, door, HELLO, wellBehaved } from './agents.ts';
import { assertOnceEach, branchTip, isDone, isOpened, isStopped, ofKind } from './outside.ts';
import { startStory } from './story.ts';

const room = need('bwrap', await bwrapWorks(), 'sudo apt-get install -y bubblewrap');
const TEST_MS_MAX = 3_600_000;

async function withQueue(events: readonly CiEvent[], script = wellBehaved, method: MergeMethod = 'squash') {
  const story = await startStory({
    issues: [HELLO],
    jobs: [{ name: CHECK, command: ['sh', 'check.sh'], timeoutMs: 20_000, events }],
    script,
  });
  await story.world.github.act.setRuleset(REPOSITORY, BASE_BRANCH, 'ada', {
    requiredStatusChecks: { strict: false, checks: [{ context: CHECK, appSlug: CI_APP.slug }] },
    mergeQueue: { method, checkTimeoutMs: TEST_MS_MAX, entriesToBuildMax: 5 },
  });
  return story;
}

test("a branch with GitHub's merge queue: handed over, landed by GitHub, verified, Done", room, async (t) => {
  const story = await withQueue(['pull_request', 'merge_group', 'push']);
  t.after(story.end);
  const { world } = story;
  await story.until('ENG-1 is Done', () => isDone(world, 'ENG-1'));
  await story.rest();
  assertOnceEach(world, 'ENG-1');
  const [merge] = ofKind(world, 'merge');
  assert.deepEqual(
    ofKind(world, 'queue-entered').map((one) => [one.actor, one.number, one.sha]),
    [[BOT_LOGIN, 1, merge?.sha]],
  );
  assert.deepEqual(
    ofKind(world, 'queue-left').map((one) => one.reason),
    ['merged'],
  );
  assert.equal(merge?.via, 'queue');
  assert.equal(branchTip(world, BASE_BRANCH), merge?.mergeCommit);
  assert.match(story.reports.join('\n'), /ENG-1 merged: Say hello/);
  assert.deepEqual((await story.status()).frozen, {});
  await assertLawful(world);
});

/** The second commit goes over the line of the first, and the base moves while it is reviewed. */
async function severalCommits(method: MergeMethod) {
  const path = 'src/hello.js';
  const hold = door();
  const dev = steps(
    writeFile(path, 'export const hello = 1;\n'),
    commit('Say hello'),
    writeFile(path, 'export const hello = 2;\n'),
    commit('Say hello twice'),
    finish({ title: 'Say hello', summary: 'Said in two steps.' }),
  );
  const script = byRole({ dev, review: hold.before(approving) });
  const story = await withQueue(['pull_request', 'merge_group', 'push'], script, method);
  await story.until('it is open', () => isOpened(story.world));
  const files = { 'src/other.js': 'export {};\n' };
  await story.world.github.act.pushCommit(REPOSITORY, BASE_BRANCH, 'ada', { files, message: 'Other' });
  return { story, world: story.world, hold };
}

for (const method of ['rebase', 'merge'] as const) {
  test(
    `several commits land by a queue with the method ${method} on a base that moved: nothing is wrong`,
    room,
    async (t) => {
      const { story, world, hold } = await severalCommits(method);
      t.after(story.end);
      hold.open();
      await story.until('ENG-1 is Done', () => isDone(world, 'ENG-1'));
      await story.rest();
      assertOnceEach(world, 'ENG-1');
      assert.deepEqual((await story.status()).frozen, {});
      await assertLawful(world);
    },
  );
}

test('a queue that lands several commits and drops what landed before them is noticed and frozen', room, async (t) => {
  const { story, world, hold } = await severalCommits('rebase');
  t.after(story.end);
  world.github.corruptNextMerge('dropped-earlier');
  hold.open();
  await story.until('a person is called', () => story.reports.some((line) => line.startsWith('Merging is frozen')));
  await story.rest();
  assert.match(story.reports.join('\n'), /landed on main as [0-9a-f]{40}, but the files of .* are not those of/);
  assert.equal(ofKind(world, 'merge').length, 1);
  assert.equal(isDone(world, 'ENG-1'), false);
});

test('/stop while it is in the queue: it is taken out and nothing lands', room, async (t) => {
  // What the queue would land is never tested, so the pull request stays in it.
  const story = await withQueue(['pull_request', 'push']);
  t.after(story.end);
  const { world } = story;
  await story.until('it is in the queue', () => ofKind(world, 'queue-entered').length > 0);
  world.linear.act.comment('ENG-1', '/stop', 'grace');
  story.wake();
  await story.until('it is out again', () => ofKind(world, 'queue-left').length > 0 && isStopped(world, 'ENG-1'));
  await story.rest();
  assert.deepEqual(
    ofKind(world, 'queue-left').map((one) => [one.actor, one.reason]),
    [[BOT_LOGIN, 'dequeued']],
  );
  assert.equal(ofKind(world, 'queue-entered').length, 1);
  assert.deepEqual(ofKind(world, 'merge'), []);
  await assertLawful(world);
});
