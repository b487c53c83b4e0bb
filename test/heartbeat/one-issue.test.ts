// The main job: an issue in Todo becomes a merged pull request, and what people did not allow does not happen.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { need } from '../needs.ts';
import { bwrapWorks } from '../world/bwrap-works.ts';
import { REPOSITORY } from '../world/start-world.ts';
import { HELLO, wellBehaved } from './agents.ts';
import { startStory, stateOf } from './story.ts';

const room = need('bwrap', await bwrapWorks(), 'sudo apt-get install -y bubblewrap');

test(
  'an issue in Todo ends as one merged pull request, Done on Linear, with a link and one comment',
  room,
  async (t) => {
    const story = await startStory({ issues: [HELLO], script: wellBehaved });
    t.after(story.end);
    const { world } = story;
    await story.until('ENG-1 is Done', () => stateOf(world, 'ENG-1') === 'Done');
    await story.settled();

    const merges = world.github.log.effects.filter((effect) => effect.kind === 'merge');
    assert.equal(merges.length, 1);
    assert.equal(world.github.log.effects.filter((effect) => effect.kind === 'pull-request-created').length, 1);
    assert.equal(world.linear.state.attachments.length, 1);
    assert.equal(world.linear.state.comments.length, 1);
    assert.match(world.linear.state.comments[0]?.body ?? '', /^\*\*Done\*\* in pull request #1/);
    const moves = world.linear.log
      .filter((effect) => effect.kind === 'state-move')
      .map((effect) => `${effect.from} -> ${effect.to}`);
    assert.deepEqual(moves, ['Todo -> In Progress', 'In Progress -> In Review', 'In Review -> Done']);
    assert.deepEqual(world.github.violations, []);
    assert.deepEqual([...world.linear.unimplemented], []);
    assert.deepEqual(world.models.scriptFaults, []);
    assert.match(story.reports.join('\n'), /ENG-1 merged/);
  },
);

test('a second identity approves for real where the branch rules ask for an approval', room, async (t) => {
  const story = await startStory({ issues: [HELLO], script: wellBehaved, twoIdentities: true });
  t.after(story.end);
  const { world } = story;
  await story.until('ENG-1 is Done', () => stateOf(world, 'ENG-1') === 'Done');
  const reviews = world.github.log.effects.filter((effect) => effect.kind === 'review');
  assert.deepEqual(
    reviews.map((review) => [review.actor, review.kind === 'review' && review.state]),
    [['heartline-reviewer', 'APPROVED']],
  );
});

test('a stranger who moves an issue to Todo starts nothing and hears why', room, async (t) => {
  const story = await startStory({ issues: [{ ...HELLO, movedBy: 'mallory' }], script: wellBehaved });
  t.after(story.end);
  await story.settled();
  await story.settled();
  const { world } = story;
  assert.deepEqual(world.linear.log, []);
  assert.equal(world.models.totals.calls, 0);
  assert.equal(world.github.state.repository(REPOSITORY).pullRequests.size, 0);
  assert.match(
    story.reports.join('\n'),
    /ENG-1 was not started: Mallory .* is not in `people`|ENG-1 was not started: Mallory .*not in/,
  );
});

test('a restart in the middle goes on where it was, and nothing is done twice', room, async (t) => {
  const story = await startStory({ issues: [HELLO], script: wellBehaved, modelLatencyMs: 50 });
  t.after(story.end);
  const { world } = story;
  await story.until('the dev has been asked twice', () => world.models.log.length >= 2);
  await story.restart();
  await story.until('the pull request is open', () =>
    world.github.log.effects.some((effect) => effect.kind === 'pull-request-created'),
  );
  await story.restart();
  await story.until('ENG-1 is Done', () => stateOf(world, 'ENG-1') === 'Done');
  assert.equal(world.github.log.effects.filter((effect) => effect.kind === 'merge').length, 1);
  assert.equal(world.github.log.effects.filter((effect) => effect.kind === 'pull-request-created').length, 1);
  assert.equal(world.linear.state.comments.length, 1);
});
