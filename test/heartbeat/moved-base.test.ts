// Several tickets at once: a base that only moved costs no second review, and work on one file goes one after the other.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { need } from '../needs.ts';
import { assertLawful } from '../oracles/lawful.ts';
import { bwrapWorks } from '../world/bwrap-works.ts';
import { byIssueKey, byRole } from '../world/models/scripted-agent.ts';
import { approving, BYE, devWriting, door, HELLO } from './agents.ts';
import { asked, assertOnceEach, branchTip, isDone, isOpened, ofKind, pullRequest } from './outside.ts';
import { startStory, stateOf } from './story.ts';

const room = need('bwrap', await bwrapWorks(), 'sudo apt-get install -y bubblewrap');
const THANKS = { title: 'Say thanks', description: 'Add src/thanks.js.', movedBy: 'ada', priority: 4 } as const;
const KEYS = ['ENG-1', 'ENG-2', 'ENG-3'];

test('three tickets at once: each is reviewed once, however often its base moved', room, async (t) => {
  const hold = door();
  const story = await startStory({
    issues: [HELLO, BYE, THANKS],
    script: byRole({
      dev: byIssueKey({
        'ENG-1': devWriting('src/hello.js', 'export const hello = 1;\n'),
        'ENG-2': devWriting('src/bye.js', 'export const bye = 1;\n'),
        'ENG-3': devWriting('src/thanks.js', 'export const thanks = 1;\n'),
      }),
      review: hold.before(approving),
    }),
  });
  t.after(story.end);
  const { world } = story;
  await story.until('all three are open', () => isOpened(world, 3));
  hold.open();
  await story.until('all are Done', () => KEYS.every((key) => isDone(world, key)));
  await story.rest();
  for (const key of KEYS) assertOnceEach(world, key);

  assert.equal(asked(world, 'review').length, 3, 'one paid review for each');
  assert.equal(asked(world, 'audit').length, 3, 'and one audit');
  assert.equal(ofKind(world, 'review').length, 3, 'the same words are not posted again');
  const merges = ofKind(world, 'merge');
  const updates = ofKind(world, 'branch-updated');
  assert.deepEqual(
    merges.slice(1).map((one) => one.sha),
    updates.map((one) => one.sha),
    'the second and third landed at heads that were brought up to date',
  );
  for (const { sha, sequence, number } of merges) {
    for (const context of ['heartline/review', 'heartline/audit']) {
      const word = ofKind(world, 'status').findLast((one) => one.sha === sha && one.context === context);
      assert.equal(word?.state, 'success', `#${number} carries ${context} at the head that was merged`);
      assert.ok(word !== undefined && word.sequence < sequence);
    }
  }
  const tip = branchTip(world, 'main');
  assert.equal(ofKind(world, 'check-run').findLast((one) => one.sha === tip)?.conclusion, 'success', 'main is green');
  await assertLawful(world);
});

test('an issue about a file that a live pull request changes waits until that is merged', room, async (t) => {
  const hold = door();
  const story = await startStory({
    issues: [
      { ...HELLO, priority: 1 },
      { ...BYE, description: 'Let src/hello.js say goodbye as well.' },
    ],
    script: byRole({
      dev: byIssueKey({
        'ENG-1': devWriting('src/hello.js', 'export const hello = 1;\n'),
        'ENG-2': devWriting('src/hello.js', 'export const hello = 1;\nexport const bye = 1;\n'),
      }),
      review: hold.before(approving),
    }),
  });
  t.after(story.end);
  const { world } = story;
  await story.until('the first is in review', () => isOpened(world) && stateOf(world, 'ENG-1') === 'In Review');
  assert.equal(stateOf(world, 'ENG-2'), 'Todo');
  assert.match(
    (await story.issue('ENG-2')).verdict.reason,
    /ENG-1 is at src\/hello\.js: this starts when that is merged/,
  );
  hold.open();
  await story.until('both are Done', () => isDone(world, 'ENG-1') && isDone(world, 'ENG-2'));
  await story.rest();
  for (const key of ['ENG-1', 'ENG-2']) assertOnceEach(world, key);
  const [first, second] = ofKind(world, 'merge');
  assert.equal(pullRequest(world, second?.number ?? 0).headRef, 'heartline/eng-2');
  const opened = ofKind(world, 'pull-request-created').find((one) => one.number === second?.number);
  assert.equal(opened?.baseSha, first?.mergeCommit, 'begun on what the first had landed');
  assert.deepEqual(ofKind(world, 'branch-updated'), [], 'and nothing had to be repaired');
  await assertLawful(world);
});
