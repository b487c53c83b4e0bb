// A base branch that turns red: merging is frozen, the suspect named, the bot's own change taken back through the gate.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { need } from '../needs.ts';
import { assertLawful } from '../oracles/lawful.ts';
import { bwrapWorks } from '../world/bwrap-works.ts';
import { byIssueKey, byRole } from '../world/models/scripted-agent.ts';
import { BOT_LOGIN, CHECK, REPOSITORY } from '../world/start-world.ts';
import { approving, BYE, devWriting, door, HELLO } from './agents.ts';
import { asked, assertOnceEach, branchTip, isDone, isOpened, ofKind } from './outside.ts';
import { FILES, startStory, stateOf } from './story.ts';

const room = need('bwrap', await bwrapWorks(), 'sudo apt-get install -y bubblewrap');
/** Green on every branch, red on main: something only main has is broken by it. */
const ONLY_ON_MAIN = {
  ...FILES,
  'ci.sh': '#!/bin/sh\nif [ "$GITHUB_REF_NAME" = main ] && grep -rn poison src; then exit 1; fi\n',
};
const JOBS = [{ name: CHECK, command: ['sh', 'ci.sh'], timeoutMs: 20_000 }];

test(
  'ours: frozen, run once more, taken back, merged while frozen, thawed, and the next one lands',
  room,
  async (t) => {
    const hold = door();
    const story = await startStory({
      issues: [HELLO, BYE],
      files: ONLY_ON_MAIN,
      jobs: JOBS,
      script: byRole({
        dev: byIssueKey({
          'ENG-1': devWriting('src/hello.js', "export const hello = 'poison';\n"),
          'ENG-2': devWriting('src/bye.js', 'export const bye = 1;\n'),
        }),
        review: byIssueKey({ 'ENG-1': approving, 'ENG-2': hold.before(approving) }),
      }),
    });
    t.after(story.end);
    const { world } = story;
    await story.until('main is red', () => story.reports.some((line) => line.startsWith('Merging is frozen')));
    hold.open();
    await story.until('ENG-2 is Done', () => isDone(world, 'ENG-2'));
    await story.rest();

    const [bad, revert, other, ...more] = ofKind(world, 'merge');
    assert.deepEqual(more, []);
    const frozen = story.reports.filter((line) => line.startsWith('Merging is frozen'));
    assert.equal(frozen.length, 1, 'said once');
    assert.match(frozen[0] ?? '', /test failed on main at \w+\. The suspect is ENG-1 \(pull request #\d+\)/);
    assert.equal(ofKind(world, 'check-rerequested').filter((one) => one.sha === bad?.mergeCommit).length, 1);

    const opened = ofKind(world, 'pull-request-created').find((one) => one.number === revert?.number);
    assert.match(opened?.head ?? '', /^heartline\/eng-1-revert/);
    assert.match(opened?.title ?? '', /Revert "Say hello"/);
    assert.equal(opened?.actor, BOT_LOGIN);
    assert.equal(asked(world, 'dev', 'ENG-1').length, 3, 'plain code wrote it');
    const review = ofKind(world, 'review').find((one) => one.number === revert?.number);
    assert.equal(review?.sha, revert?.sha, 'reviewed like any other');
    assert.equal(
      world.github.state.repository(REPOSITORY).pullRequests.get(other?.number ?? 0)?.headRef,
      'heartline/eng-2',
    );
    assert.equal(story.reports.filter((line) => line.includes('is green again')).length, 1);
    assert.equal(
      story.reports.filter((line) => /ENG-1: Pull request #\d+ broke test on main and was taken back by/.test(line))
        .length,
      1,
    );
    const tip = branchTip(world, 'main');
    assert.equal(other?.mergeCommit, tip);
    assert.equal(ofKind(world, 'check-run').findLast((one) => one.sha === tip)?.conclusion, 'success');
    assert.deepEqual((await story.status()).frozen, {});
    assertOnceEach(world, 'ENG-2');
    await assertLawful(world);
  },
);

test("a stranger's red push: frozen and told, nothing taken back, green again it goes on", room, async (t) => {
  const hold = door();
  const story = await startStory({
    issues: [HELLO],
    files: ONLY_ON_MAIN,
    jobs: JOBS,
    script: byRole({ dev: devWriting('src/hello.js', 'export const hello = 1;\n'), review: hold.before(approving) }),
  });
  t.after(story.end);
  const { world } = story;
  await story.until('a reviewer is at work', () => isOpened(world) && stateOf(world, 'ENG-1') === 'In Review');
  const theirs = await world.github.act.pushCommit(REPOSITORY, 'main', 'mallory', {
    files: { 'src/cart.js': "export const items = ['poison'];\n" },
    message: 'Quick fix',
  });
  await world.ci.idle();
  hold.open();
  await story.rest();
  const frozen = story.reports.filter((line) => line.startsWith('Merging is frozen'));
  assert.equal(frozen.length, 1);
  assert.match(frozen[0] ?? '', new RegExp(`The suspect is ${theirs.slice(0, 7)}\\w*, which is not ours`));
  assert.equal(branchTip(world, 'main'), theirs);
  assert.deepEqual(ofKind(world, 'merge'), []);
  assert.equal(ofKind(world, 'pull-request-created').length, 1);
  await world.github.act.pushCommit(REPOSITORY, 'main', 'ada', {
    files: { 'src/cart.js': 'export const items = [];\n' },
    message: 'Mend it',
  });
  await story.until('ENG-1 is Done', () => isDone(world, 'ENG-1'));
  assertOnceEach(world, 'ENG-1');
  assert.deepEqual((await story.status()).frozen, {});
  await assertLawful(world);
});
