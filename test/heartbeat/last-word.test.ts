// Linear takes no more words of the bot when its work is over: the last word is kept, tried again, and people hear of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { need } from '../needs.ts';
import { bwrapWorks } from '../world/bwrap-works.ts';
import { HELLO, wellBehaved } from './agents.ts';
import { assertOnceEach, isDone, ofKind, progressOf } from './outside.ts';
import { startStory, stateOf } from './story.ts';

const room = need('bwrap', await bwrapWorks(), 'sudo apt-get install -y bubblewrap');
const HOUR_MS = 3_600_000;

/** The key may not comment any more once the pull request is merged, until the story gives the right back. */
async function lockedOut() {
  const right = { given: true, refused: 0 };
  const story = await startStory({
    issues: [HELLO],
    script: wellBehaved,
    fault: (call) => {
      const merging = call.operation.startsWith('PUT') && call.operation.endsWith('/merge');
      if (call.service === 'github' && merging) right.given = false;
      if (right.given || call.service !== 'linear' || !/comment(Update|Create)/.test(call.operation)) return null;
      right.refused += 1;
      return { kind: 'status', status: 403 };
    },
  });
  const { world } = story;
  await story.until('it is merged and Done', () => stateOf(world, 'ENG-1') === 'Done' && right.refused > 0);
  return { story, world, right };
}

const unsaid = (reports: readonly string[]) =>
  reports.filter((line) => line.includes('could not be brought up to date'));

test(
  'the right to comment comes back within hours: the last word is said, and nobody was called for a short while',
  room,
  async (t) => {
    const { story, world, right } = await lockedOut();
    t.after(story.end);
    await story.rest();
    assert.match(progressOf(world, 'ENG-1'), /^\*\*Merging\*\*|^\*\*Review/);
    assert.deepEqual(unsaid(story.reports), []);
    right.given = true;
    story.skip(HOUR_MS / 2);
    await story.until('the comment says so', () => isDone(world, 'ENG-1'));
    await story.rest();
    assert.deepEqual(unsaid(story.reports), []);
    assertOnceEach(world, 'ENG-1');
  },
);

test('it does not come back: people are told once what the comment should say, and it is tried on', room, async (t) => {
  const { story, world, right } = await lockedOut();
  t.after(story.end);
  for (let half = 0; half < 4; half += 1) {
    story.skip(HOUR_MS / 2);
    await story.rest();
  }
  const [told, ...more] = unsaid(story.reports);
  assert.deepEqual(more, []);
  assert.match(told ?? '', /ENG-1.*403.*It should say: \*\*Done\*\* in pull request #1\./);
  assert.ok(right.refused > 4, `${right.refused} tries`);
  assert.equal(ofKind(world, 'merge').length, 1);
  // Long after other finished issues are out of view.
  story.skip(6 * HOUR_MS);
  await story.rest();
  right.given = true;
  story.skip(HOUR_MS / 4);
  await story.until('the comment says so', () => isDone(world, 'ENG-1'));
  assertOnceEach(world, 'ENG-1');
});
