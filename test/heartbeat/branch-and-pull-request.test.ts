// People touch our branch and our pull request on GitHub, and have pull requests of their own.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { need } from '../needs.ts';
import { bwrapWorks } from '../world/bwrap-works.ts';
import { byRole } from '../world/models/scripted-agent.ts';
import { BOT_LOGIN, REPOSITORY } from '../world/start-world.ts';
import { approving, devWriting, door, HELLO, rejecting, rounds, wellBehaved } from './agents.ts';
import {
  asked,
  assertOnceEach,
  botPushes,
  branchTip,
  isDone,
  isOpened,
  isParked,
  ofKind,
  progressOf,
  pullRequest,
} from './outside.ts';
import { FILES, startStory, stateOf } from './story.ts';

const room = need('bwrap', await bwrapWorks(), 'sudo apt-get install -y bubblewrap');
const BRANCH = 'heartline/eng-1';
const dev = devWriting('src/hello.js', 'export const hello = 1;\n');

/** Our pull request is open and its reviewer waits for the story. */
async function underReview(options: object = {}) {
  const hold = door();
  const story = await startStory({
    issues: [HELLO],
    script: byRole({ dev, devops: dev, review: hold.before(approving) }),
    ...options,
  });
  const { world } = story;
  await story.until('a reviewer is at work', () => isOpened(world) && stateOf(world, 'ENG-1') === 'In Review');
  return { story, world, hold };
}

test('a person pushes to our branch: nothing goes over it, the issue is parked, /resume adopts it', room, async (t) => {
  const { story, world, hold } = await underReview();
  t.after(story.end);
  const theirs = await world.github.act.pushCommit(REPOSITORY, BRANCH, 'grace', {
    files: { 'src/more.js': 'export {};\n' },
    message: 'More',
  });
  hold.open();
  await story.until('it is parked', () => isParked(world, 'ENG-1'));
  await story.rest();
  assert.match(
    progressOf(world, 'ENG-1'),
    /Somebody pushed \w+ to heartline\/eng-1; nothing of ours is pushed over it/,
  );
  assert.equal(branchTip(world, BRANCH), theirs);
  assert.deepEqual(ofKind(world, 'merge'), []);
  world.linear.act.comment('ENG-1', '/resume', 'grace');
  await story.until('ENG-1 is Done', () => isDone(world, 'ENG-1'));
  assertOnceEach(world, 'ENG-1');
  assert.equal(ofKind(world, 'merge')[0]?.sha, theirs, 'merged with the commit of theirs, reviewed');
  assert.equal(ofKind(world, 'review').at(-1)?.sha, theirs);
});

test('a person pushes while the dev mends findings: what the dev made is not pushed over it', room, async (t) => {
  const mending = door();
  const story = await startStory({
    issues: [HELLO],
    script: byRole({
      dev: rounds(dev, mending.before(devWriting('src/hello.js', 'export const hello = 2;\n'))),
      review: rejecting('src/hello.js', 1),
    }),
  });
  t.after(story.end);
  const { world } = story;
  await story.until('the findings are on GitHub', () => ofKind(world, 'review').length === 1);
  const theirs = await world.github.act.pushCommit(REPOSITORY, BRANCH, 'grace', {
    files: { 'src/more.js': 'export {};\n' },
    message: 'More',
  });
  mending.open();
  await story.until('it is parked', () => isParked(world, 'ENG-1'));
  await story.rest();
  assert.equal(branchTip(world, BRANCH), theirs);
  assert.equal(botPushes(world).length, 1);
});

test('a person closes the pull request: parked, and reopened with /resume it goes on', room, async (t) => {
  const { story, world, hold } = await underReview();
  t.after(story.end);
  await world.github.act.close(REPOSITORY, 1, 'grace');
  hold.open();
  await story.until('it is parked', () => isParked(world, 'ENG-1'));
  await story.rest();
  assert.match(progressOf(world, 'ENG-1'), /#1 was closed without merging/);
  assert.equal(ofKind(world, 'pull-request-created').length, 1);
  await world.github.act.reopen(REPOSITORY, 1, 'grace');
  await story.rest();
  assert.deepEqual(ofKind(world, 'merge'), [], 'reopening alone says nothing');
  world.linear.act.comment('ENG-1', '/resume', 'grace');
  await story.until('ENG-1 is Done', () => isDone(world, 'ENG-1'));
  assertOnceEach(world, 'ENG-1');
});

test('a person merges it: that is their decision, and the issue is Done', room, async (t) => {
  const { story, world, hold } = await underReview();
  t.after(story.end);
  await world.ci.idle();
  await world.github.act.merge(REPOSITORY, 1, 'ada', 'squash');
  hold.open();
  await story.until('ENG-1 is Done', () => isDone(world, 'ENG-1'));
  await story.rest();
  assert.deepEqual(
    ofKind(world, 'merge').map((one) => one.actor),
    ['ada'],
  );
  assert.match(story.reports.join('\n'), /ENG-1 merged/);
  assert.deepEqual((await story.status()).frozen, {});
});

test('a person points it at another branch: it is not merged there', room, async (t) => {
  const { story, world, hold } = await underReview();
  t.after(story.end);
  await world.github.act.pushCommit(REPOSITORY, 'release', 'ada', { files: {}, message: 'Release' });
  await world.github.act.changeBase(REPOSITORY, 1, 'grace', 'release');
  hold.open();
  await story.rest();
  assert.deepEqual(ofKind(world, 'merge'), []);
  assert.match((await story.issue('ENG-1')).verdict.reason, /goes into release, not main/);
});

test(
  'a protected path needs /approve of that very head, by a person of ours, and a moved head needs a new one',
  room,
  async (t) => {
    const story = await startStory({
      issues: [HELLO],
      script: byRole({ dev: devWriting('.github/workflows/ci.yml', 'on: push\n'), review: approving }),
    });
    t.after(story.end);
    const { world } = story;
    await story.until('it waits for a person', () => progressOf(world, 'ENG-1').startsWith('**Waiting for you**'));
    const head = pullRequest(world, 1).headSha;
    const { act } = world.github;
    assert.match(progressOf(world, 'ENG-1'), new RegExp(`/approve ${head.slice(0, 7)}`));
    await act.comment(REPOSITORY, 1, 'mallory', `/approve ${head}`);
    await act.comment(REPOSITORY, 1, 'grace', `/approve ${'0'.repeat(39)}1`);
    await act.comment(REPOSITORY, 1, 'grace', '/approve');
    await story.rest();
    assert.deepEqual(ofKind(world, 'merge'), []);

    // Approved while the base moves: the update makes a new head, for which nobody has given a word yet.
    await act.pushCommit(REPOSITORY, 'main', 'ada', { files: { 'NOTES.md': 'moved\n' }, message: 'Move the base' });
    await act.comment(REPOSITORY, 1, 'grace', `/approve ${head.slice(0, 10)}`);
    await story.until('the branch is updated', () => ofKind(world, 'branch-updated').length === 1);
    await story.rest();
    assert.deepEqual(ofKind(world, 'merge'), []);
    const moved = pullRequest(world, 1).headSha;
    assert.notEqual(moved, head);
    world.linear.act.comment('ENG-1', `/approve ${moved}`, 'ada');
    await story.until('ENG-1 is Done', () => isDone(world, 'ENG-1'));
    assert.equal(ofKind(world, 'merge')[0]?.sha, moved);
    assertOnceEach(world, 'ENG-1');
  },
);

test("a person's own pull request gets one review for each head, as a comment, and is not merged", room, async (t) => {
  const story = await startStory({
    issues: [],
    script: byRole({ review: rejecting('src/theirs.js', 1) }),
    twoIdentities: true,
  });
  t.after(story.end);
  const { world } = story;
  const { act } = world.github;
  const first = await act.pushCommit(REPOSITORY, 'theirs', 'grace', {
    files: { 'src/theirs.js': 'export const one = 1;\n' },
    message: 'One',
  });
  const number = await act.openPullRequest(REPOSITORY, 'grace', { head: 'theirs', title: 'Theirs' });
  await story.until('it is reviewed', () => ofKind(world, 'review').length === 1);
  await story.rest();
  const second = await act.pushCommit(REPOSITORY, 'theirs', 'grace', {
    files: { 'src/theirs.js': 'export const two = 2;\n' },
    message: 'Two',
  });
  await story.until('the new head is reviewed', () => ofKind(world, 'review').length === 2);
  await story.restart();
  await story.rest();
  assert.deepEqual(
    ofKind(world, 'review').map((one) => [one.number, one.state, one.sha, one.comments.length]),
    [
      [number, 'COMMENTED', first, 1],
      [number, 'COMMENTED', second, 1],
    ],
  );
  assert.deepEqual(ofKind(world, 'merge'), []);
  assert.deepEqual(botPushes(world), []);
  assert.deepEqual(world.linear.log, []);
  assert.equal(asked(world, 'review').length, 2);
  assert.equal(story.reports.filter((line) => line.includes('Reviewed acme/cart')).length, 2);
});

test('a pull request that somebody else has open from our branch name is not adopted', room, async (t) => {
  const hold = door();
  const story = await startStory({ issues: [HELLO], script: byRole({ dev: hold.before(dev), review: approving }) });
  t.after(story.end);
  const { world } = story;
  await story.until('ENG-1 is taken up', () => stateOf(world, 'ENG-1') === 'In Progress');
  const { act } = world.github;
  const theirs = await act
    .pushCommit(REPOSITORY, BRANCH, 'mallory', { files: { 'src/evil.js': 'evil\n' }, message: 'Mine' })
    .catch(() => null);
  const tip =
    theirs ??
    (await act.pushCommit(REPOSITORY, BRANCH, 'grace', { files: { 'src/evil.js': 'evil\n' }, message: 'Mine' }));
  await act.openPullRequest(REPOSITORY, 'grace', { head: BRANCH, title: 'Mine' });
  hold.open();
  await story.until('it is parked', () => isParked(world, 'ENG-1'));
  await story.rest();
  assert.equal(branchTip(world, BRANCH), tip);
  assert.deepEqual(botPushes(world), []);
  assert.equal(ofKind(world, 'pull-request-created').filter((one) => one.actor === BOT_LOGIN).length, 0);
});

test('an empty change, a huge one and one over many files wait for a person', room, async (t) => {
  const lines = (n: number) => Array.from({ length: n }, (_, index) => `export const x${index} = 1;`).join('\n');
  const story = await startStory({
    issues: [HELLO],
    script: byRole({ dev: devWriting('src/hello.js', `${lines(450)}\n`), review: approving }),
  });
  t.after(story.end);
  const { world } = story;
  await story.until('it waits for a person', () => progressOf(world, 'ENG-1').startsWith('**Waiting for you**'));
  await story.rest();
  assert.match(progressOf(world, 'ENG-1'), /450 lines changed, at most 400 merge without a person/);
  assert.deepEqual(ofKind(world, 'merge'), []);
  assert.equal(story.reports.filter((line) => /ENG-1 waits for you/.test(line)).length, 1);
  await world.github.act.merge(REPOSITORY, 1, 'ada', 'squash');
  await story.until('ENG-1 is Done', () => isDone(world, 'ENG-1'));
});

test('a person undoes the whole change on our branch: an empty pull request is never merged', room, async (t) => {
  const { story, world, hold } = await underReview();
  t.after(story.end);
  await world.github.act.pushCommit(REPOSITORY, BRANCH, 'grace', { files: { 'src/hello.js': null }, message: 'Undo' });
  hold.open();
  await story.until('it is parked', () => isParked(world, 'ENG-1'));
  world.linear.act.comment('ENG-1', '/resume', 'grace');
  await story.rest();
  assert.deepEqual(ofKind(world, 'merge'), []);
  assert.match((await story.issue('ENG-1')).verdict.reason, /changes nothing/);
});

test('long and foreign words travel unharmed, and are cut where the outside cuts them', room, async (t) => {
  const title = `Grüße 世界 🌍 \u202Eevil ${'long '.repeat(60)}`.slice(0, 250);
  const story = await startStory({
    issues: [{ ...HELLO, title, description: `${'Ünïcode '.repeat(3000)}<!-- hidden -->` }],
    files: FILES,
    script: byRole({
      dev: devWriting('src/größe 世界.js', 'export const größe = "🌍";\n', `Größe 🌍 ${'x'.repeat(150)}`),
      review: approving,
    }),
  });
  t.after(story.end);
  const { world } = story;
  for (let index = 0; index < 160; index += 1) world.linear.act.comment('ENG-1', `Remark ${index} 世界`, 'grace');
  await story.until('ENG-1 is Done', () => isDone(world, 'ENG-1'));
  assertOnceEach(world, 'ENG-1');
  assert.match(pullRequest(world, 1).title, /^ENG-1: Größe 🌍 x+$/);
});

test('wellBehaved work without required checks is never merged', room, async (t) => {
  const story = await startStory({ issues: [HELLO], script: wellBehaved, project: { checks: [] } });
  t.after(story.end);
  const { world } = story;
  await story.until('it waits for a person', () => progressOf(world, 'ENG-1').startsWith('**Waiting for you**'));
  await story.rest();
  assert.deepEqual(ofKind(world, 'merge'), []);
  assert.match(progressOf(world, 'ENG-1'), /No required checks are configured/);
});
