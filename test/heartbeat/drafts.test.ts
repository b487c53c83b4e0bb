// Drafts: the bot's own become ready with their approval; one that a person makes a draft again is theirs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { need } from '../needs.ts';
import { assertLawful } from '../oracles/lawful.ts';
import { bwrapWorks } from '../world/bwrap-works.ts';
import { byRole } from '../world/models/scripted-agent.ts';
import { BOT_LOGIN, REPOSITORY, type World } from '../world/start-world.ts';
import { devWriting, door, HELLO, rejecting, reviewing, rounds, shows, wellBehaved } from './agents.ts';
import { assertOnceEach, botPushes, isDone, isParked, ofKind, progressOf } from './outside.ts';
import { startStory } from './story.ts';

const room = need('bwrap', await bwrapWorks(), 'sudo apt-get install -y bubblewrap');
const HELLO_FILE = 'src/hello.js';
/** Longer than GitHub's lists may lag behind: a draft seen now was made by somebody. */
const LATER_MS = 180_000;

function isWorking(world: World): boolean {
  return progressOf(world, 'ENG-1').startsWith('**Working** in pull request #1');
}

test('opened as a draft, made ready by the approval, merged', room, async (t) => {
  const story = await startStory({ issues: [HELLO], project: { draft: true }, script: wellBehaved });
  t.after(story.end);
  const { world } = story;
  await story.until('ENG-1 is Done', () => isDone(world, 'ENG-1'));
  assertOnceEach(world, 'ENG-1');
  assert.equal(ofKind(world, 'pull-request-created')[0]?.draft, true);
  const ready = ofKind(world, 'pull-request-readied');
  assert.deepEqual(
    ready.map((one) => one.actor),
    [BOT_LOGIN],
  );
  const at = ready[0]?.sequence ?? 0;
  const approval = ofKind(world, 'status').find((one) => one.context === 'heartline/review');
  assert.equal(approval?.state, 'success');
  assert.ok((ofKind(world, 'merge')[0]?.sequence ?? 0) > at, 'ready before it is merged');
  await assertLawful(world);
});

test('a person makes it a draft while an agent works: it ends, is parked, and /resume goes on', room, async (t) => {
  const mending = door();
  const story = await startStory({
    issues: [HELLO],
    script: byRole({
      dev: rounds(
        devWriting(HELLO_FILE, 'export const helo = 1;\n'),
        mending.before(devWriting(HELLO_FILE, 'export const hello = 1;\n')),
      ),
      review: reviewing((request) => shows(request, 'const hello'), rejecting(HELLO_FILE, 1)),
    }),
  });
  t.after(story.end);
  const { world } = story;
  await story.until(
    'the dev mends, and it is told',
    () => botPushes(world).length === 1 && ofKind(world, 'review').length === 1 && isWorking(world),
  );
  story.skip(LATER_MS);
  await world.github.act.convertToDraft(REPOSITORY, 1, 'grace');
  const before = { github: world.github.log.effects.length, linear: world.linear.log.length };
  await story.until('it is parked', () => isParked(world, 'ENG-1'));
  await story.rest();
  mending.open();
  await story.rest();
  assert.deepEqual((await story.status()).sessions, []);
  assert.match(progressOf(world, 'ENG-1'), /#1 was made a draft\. Mark it ready for review and comment \/resume/);
  const since = world.github.log.effects.slice(before.github).filter((one) => one.via !== 'ci');
  assert.deepEqual(since, [], 'nothing more on GitHub');
  assert.deepEqual(
    world.linear.log.slice(before.linear).map((one) => one.kind),
    ['comment-update'],
    'and on Linear the one comment',
  );

  await world.github.act.readyForReview(REPOSITORY, 1, 'grace');
  await story.rest();
  assert.deepEqual(ofKind(world, 'merge'), [], 'being ready alone is no order');
  world.linear.act.comment('ENG-1', '/resume', 'grace');
  await story.until('ENG-1 is Done', () => isDone(world, 'ENG-1'));
  assertOnceEach(world, 'ENG-1');
  assert.equal(ofKind(world, 'merge')[0]?.sha, botPushes(world)[1]?.after);
  await assertLawful(world);
});
