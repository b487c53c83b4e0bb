// A person's own pull request: merged when somebody on the list asks for exactly its head, through the same gate.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { need } from '../needs.ts';
import { assertLawful } from '../oracles/lawful.ts';
import { bwrapWorks } from '../world/bwrap-works.ts';
import type { Script } from '../world/models/conversation.ts';
import { byRole } from '../world/models/scripted-agent.ts';
import { BOT_LOGIN, REPOSITORY } from '../world/start-world.ts';
import { approving, door } from './agents.ts';
import { asked, ofKind } from './outside.ts';
import { startStory } from './story.ts';

const room = need('bwrap', await bwrapWorks(), 'sudo apt-get install -y bubblewrap');
const BRANCH = 'grace/total';

/** Grace's pull request is open, and nobody asked for anything yet. A reviewer, once there is one, waits for the story. */
async function opened() {
  const hold = door();
  const begun = Promise.withResolvers<void>();
  const reviewing: Script = (request) => {
    begun.resolve();
    return hold.before(approving)(request);
  };
  const story = await startStory({
    issues: [],
    project: { reviewPullRequests: 'none' },
    script: byRole({ review: reviewing }),
  });
  const { act } = story.world.github;
  const head = await act.pushCommit(REPOSITORY, BRANCH, 'grace', {
    files: { 'src/total.js': 'export const total = 0;\n' },
    message: 'Total',
  });
  const number = await act.openPullRequest(REPOSITORY, 'grace', { head: BRANCH, title: 'Total' });
  return { story, world: story.world, act, head, number, hold, reviewBegun: begun.promise };
}

test('/merge by a person on the list: reviewed, merged at that head, verified, reported', room, async (t) => {
  const { story, world, act, head, number, hold } = await opened();
  t.after(story.end);
  hold.open();
  await story.rest();
  assert.equal(asked(world, 'review').length, 0, 'nothing happens unasked');
  await act.comment(REPOSITORY, number, 'ada', `/merge ${head}`);
  await story.until('it is merged and told', () => story.reports.some((line) => line.includes('as asked')));
  await story.rest();
  assert.deepEqual(
    ofKind(world, 'merge').map((one) => [one.actor, one.number, one.sha]),
    [[BOT_LOGIN, number, head]],
  );
  assert.deepEqual(
    ofKind(world, 'review').map((one) => [one.number, one.sha]),
    [[number, head]],
  );
  const landed = ofKind(world, 'merge')[0]?.mergeCommit ?? '';
  assert.equal(story.reports.filter((line) => line.includes(`#${number} merged as ${landed.slice(0, 7)}`)).length, 1);
  assert.deepEqual((await story.status()).frozen, {});
  await assertLawful(world);
});

test('/merge by a stranger: nothing', room, async (t) => {
  const { story, world, act, head, number, hold } = await opened();
  t.after(story.end);
  hold.open();
  await act.comment(REPOSITORY, number, 'mallory', `/merge ${head}`);
  await story.rest();
  assert.deepEqual(
    world.github.log.effects.filter((one) => one.actor === BOT_LOGIN),
    [],
  );
  assert.equal(world.models.totals.calls, 0);
  assert.deepEqual(
    story.reports.filter((line) => line.includes(`#${number}`)),
    [],
  );
});

test('a push after /merge: neither the old head nor the new one is merged', room, async (t) => {
  const { story, world, act, head, number, hold, reviewBegun } = await opened();
  t.after(story.end);
  await act.comment(REPOSITORY, number, 'grace', `/merge ${head}`);
  story.wake();
  await reviewBegun;
  const newer = await act.pushCommit(REPOSITORY, BRANCH, 'grace', {
    files: { 'src/total.js': 'export const total = 1;\n' },
    message: 'One',
  });
  hold.open();
  await story.rest();
  assert.deepEqual(ofKind(world, 'merge'), []);
  const told = story.reports.filter((line) => line.includes(`#${number} is not merged, as Grace asked`));
  assert.equal(told.length, 1);
  assert.match(told[0] ?? '', new RegExp(`does not name the head of #${number}, which is ${newer.slice(0, 7)}`));
  await assertLawful(world);
});
