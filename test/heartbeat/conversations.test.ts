// People talk about the bot's pull request: each remark is answered once, by a change or by a reason.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { need } from '../needs.ts';
import { assertLawful } from '../oracles/lawful.ts';
import { bwrapWorks } from '../world/bwrap-works.ts';
import type { FaultSwitch } from '../world/faults.ts';
import { commit, finish, writeFile } from '../world/models/agent-steps.ts';
import type { Script, ScriptedRequest } from '../world/models/conversation.ts';
import { byRole, byRound, steps, userTexts } from '../world/models/scripted-agent.ts';
import { BASE_BRANCH, BOT_LOGIN, REPOSITORY } from '../world/start-world.ts';
import { approving, devWriting, door, HELLO, shows } from './agents.ts';
import { asked, assertOnceEach, botPushes, isDone, isOpened, ofKind, progressOf } from './outside.ts';
import { startStory, stateOf } from './story.ts';

const room = need('bwrap', await bwrapWorks(), 'sudo apt-get install -y bubblewrap');
const HELLO_FILE = 'src/hello.js';
const REMARK = { path: HELLO_FILE, line: 1, body: 'Please greet the world.' };

function answersTo(request: ScriptedRequest, changed: boolean, text: string): readonly object[] {
  const told = userTexts(request).filter((said) => said.includes('People said this about'));
  return [...told.join('\n').matchAll(/^id (\S+)/gm)].map(([, id]) => ({ id, changed, text }));
}

function handIn(changed: boolean, text: string) {
  return finish((request) => ({
    title: 'Greet the world',
    summary: 'Answered what was said.',
    answers: answersTo(request, changed, text),
  }));
}

const changing = steps(
  writeFile(HELLO_FILE, "export const hello = 'world';\n"),
  commit('Greet the world'),
  handIn(true, 'It greets the world now.'),
);
const explaining = steps(handIn(false, 'The world is greeted by src/world.js already.'));

/** Our pull request is open, its reviewer waits for the story, and the dev answers remarks as `answer` does. */
async function underReview(answer: Script, fault?: FaultSwitch, review = approving) {
  const hold = door();
  const dev = byRound(/People said this about/, devWriting(HELLO_FILE, 'export const hello = 1;\n'), answer);
  const story = await startStory({
    issues: [HELLO],
    script: byRole({ dev, review: hold.before(review) }),
    ...(fault === undefined ? {} : { fault }),
  });
  const { world } = story;
  await story.until('a reviewer is at work', () => isOpened(world) && stateOf(world, 'ENG-1') === 'In Review');
  return { story, world, hold };
}

test('a thread answered by a change: replied, resolved, and the changed head is merged', room, async (t) => {
  const { story, world, hold } = await underReview(changing);
  t.after(story.end);
  await world.github.act.review(REPOSITORY, 1, 'grace', { event: 'COMMENT', comments: [REMARK] });
  await story.until('the thread is resolved', () => ofKind(world, 'thread-resolved').length > 0);
  hold.open();
  await story.until('ENG-1 is Done', () => isDone(world, 'ENG-1'));
  await story.rest();
  assertOnceEach(world, 'ENG-1');
  const [reply, ...more] = ofKind(world, 'review-reply');
  assert.deepEqual(more, []);
  assert.equal(reply?.actor, BOT_LOGIN);
  assert.match(reply?.body ?? '', /^It greets the world now\./);
  assert.deepEqual(
    ofKind(world, 'thread-resolved').map((one) => [one.actor, one.thread]),
    [[BOT_LOGIN, reply?.thread]],
  );
  const [merge] = ofKind(world, 'merge');
  assert.equal(merge?.sha, botPushes(world)[1]?.after, 'what grace asked for is what landed');
  assert.equal(
    asked(world, 'dev').filter((one) => shows(one, REMARK.body)).length,
    3,
    'told once: one round of three steps',
  );
  await assertLawful(world);
});

test('a thread answered by a reason stays open for the person, and the merge waits for them', room, async (t) => {
  const { story, world, hold } = await underReview(explaining);
  t.after(story.end);
  await world.github.act.review(REPOSITORY, 1, 'grace', { event: 'COMMENT', comments: [REMARK] });
  await story.until('it is answered', () => ofKind(world, 'review-reply').length > 0);
  hold.open();
  await story.rest();
  assert.equal(ofKind(world, 'review-reply').length, 1);
  assert.match(ofKind(world, 'review-reply')[0]?.body ?? '', /greeted by src\/world\.js already/);
  assert.deepEqual(ofKind(world, 'thread-resolved'), [], 'the last word is theirs');
  assert.deepEqual(ofKind(world, 'merge'), []);
  assert.equal(botPushes(world).length, 1);
  assert.match(progressOf(world, 'ENG-1'), /\*\*Waiting for you\*\*.*1 review thread is open/);
  const [thread] = world.github.state.repository(REPOSITORY).threads;
  await world.github.act.resolveThread(REPOSITORY, thread?.id ?? 0, 'grace');
  await story.until('ENG-1 is Done', () => isDone(world, 'ENG-1'));
  assertOnceEach(world, 'ENG-1');
  await assertLawful(world);
});

test(
  'every conversation has to be resolved: a thread whose line is gone waits for the person, and no merge is tried in vain',
  room,
  async (t) => {
    const otherwise = steps(
      writeFile(HELLO_FILE, "export const greeting = 'hi';\n"),
      commit('Greet otherwise'),
      handIn(false, 'It greets in another way.'),
    );
    const noting = steps(
      finish({
        decision: 'approve',
        summary: 'Good.',
        findings: [{ path: HELLO_FILE, line: 1, severity: 'minor', comment: 'A shorter name would do.' }],
      }),
    );
    const { story, world, hold } = await underReview(otherwise, undefined, noting);
    t.after(story.end);
    await world.github.act.setRuleset(REPOSITORY, BASE_BRANCH, 'ada', { requireConversationResolution: true });
    await world.github.act.review(REPOSITORY, 1, 'grace', { event: 'COMMENT', comments: [REMARK] });
    await story.until('it is answered', () => ofKind(world, 'review-reply').length > 0);
    hold.open();
    await story.until('it waits for grace', () => /1 review thread is open/.test(progressOf(world, 'ENG-1')));
    await story.rest();
    assert.match(progressOf(world, 'ENG-1'), /first on src\/hello\.js, where the line is gone by now\. Resolve/);
    const { threads } = world.github.state.repository(REPOSITORY);
    assert.equal(threads.length, 1, 'the approval opened none');
    await world.github.act.resolveThread(REPOSITORY, threads[0]?.id ?? 0, 'grace');
    await story.until('ENG-1 is Done', () => isDone(world, 'ENG-1'));
    const merges = world.github.log.requests.filter((one) => /\/pulls\/1\/merge$/.test(one.path));
    assert.deepEqual(
      merges.map((one) => one.status),
      [200],
    );
    assertOnceEach(world, 'ENG-1');
    await assertLawful(world);
  },
);

test(
  'more is asked than may be answered one by one: one comment answers each, and what changed is settled',
  room,
  async (t) => {
    const { story, world, hold } = await underReview(changing);
    t.after(story.end);
    const asks = Array.from({ length: 9 }, (_, n) => ({ ...REMARK, body: `Please greet world ${n}.` }));
    await world.github.act.review(REPOSITORY, 1, 'grace', { event: 'COMMENT', comments: asks });
    await story.until('the threads are resolved', () => ofKind(world, 'thread-resolved').length === asks.length);
    hold.open();
    await story.until('ENG-1 is Done', () => isDone(world, 'ENG-1'));
    await story.rest();
    assert.deepEqual(ofKind(world, 'review-reply'), []);
    const [said, ...more] = ofKind(world, 'comment-created').filter((one) => one.actor === BOT_LOGIN);
    assert.deepEqual(more, []);
    for (const { body } of asks)
      assert.ok(said?.body.includes(`> src/hello.js:1: ${body}\n\nIt greets the world now.`), body);
    assertOnceEach(world, 'ENG-1');
    await assertLawful(world);
  },
);

test('a comment is answered once, although the answer was lost and the bot restarted', room, async (t) => {
  let lost = 0;
  const thinking = door();
  const told = Promise.withResolvers<void>();
  const answer: Script = (request) => {
    told.resolve();
    return thinking.before(explaining)(request);
  };
  const { story, world, hold } = await underReview(answer, (call) => {
    if (!call.operation.endsWith('/comments') || !call.write || lost > 0) return null;
    lost += 1;
    return { kind: 'effect-then-lost' };
  });
  t.after(story.end);
  await world.github.act.comment(REPOSITORY, 1, 'grace', 'Should it not greet the world?');
  story.wake();
  await told.promise;
  // Stopping waits for the model's reply, and what is left of the answer is done by the next bot.
  const restarted = story.restart();
  thinking.open();
  hold.open();
  await restarted;
  await story.until('it is answered', () => ofKind(world, 'comment-created').some((one) => one.actor === BOT_LOGIN));
  assert.equal(lost, 1);
  await story.restart();
  await story.until('ENG-1 is Done', () => isDone(world, 'ENG-1'));
  await story.rest();
  const said = ofKind(world, 'comment-created').filter((one) => one.actor === BOT_LOGIN);
  assert.equal(said.length, 1);
  assert.match(said[0]?.body ?? '', /^> Should it not greet the world\?\n\nThe world is greeted by/);
  assertOnceEach(world, 'ENG-1');
  await assertLawful(world);
});
