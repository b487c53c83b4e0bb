// Work that is not right at the first try: findings, red checks, agents that never come to an end, and blocked issues.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { need } from '../needs.ts';
import { bwrapWorks } from '../world/bwrap-works.ts';
import { byIssueKey, byRole } from '../world/models/scripted-agent.ts';
import { BOT_LOGIN, CHECK, REVIEWER_LOGIN } from '../world/start-world.ts';
import {
  approving,
  BYE,
  devWriting,
  endless,
  HELLO,
  looping,
  rejecting,
  reviewing,
  rolesWith,
  rounds,
  shows,
} from './agents.ts';
import { asked, assertOnceEach, botPushes, isDone, isOpened, isParked, ofKind, progressOf } from './outside.ts';
import { FILES, startStory, stateOf } from './story.ts';

const room = need('bwrap', await bwrapWorks(), 'sudo apt-get install -y bubblewrap');
const HELLO_FILE = 'src/hello.js';
const CI = [{ name: CHECK, command: ['sh', 'ci.sh'], timeoutMs: 20_000 }];
/** Green in the workspace, red in CI: only CI looks for it. */
const CI_FILES = {
  ...FILES,
  'ci.sh': '#!/bin/sh\nif grep -rn debugger src; then echo "no debugger statements, please"; exit 1; fi\n',
};

for (const twoIdentities of [false, true]) {
  test(
    `findings on two lines are fixed in the same session and the reviewed head is merged (${twoIdentities ? 'two identities' : 'one identity'})`,
    room,
    async (t) => {
      const story = await startStory({
        issues: [HELLO],
        twoIdentities,
        script: byRole({
          dev: rounds(
            devWriting(HELLO_FILE, 'export const hello = 1;\nexport const helo = 2;\n', 'Say hello'),
            devWriting(HELLO_FILE, 'export const hello = 1;\nexport const hullo = 2;\n', 'Fix the names'),
          ),
          review: reviewing((request) => shows(request, 'hullo'), rejecting(HELLO_FILE, 1, 2)),
        }),
      });
      t.after(story.end);
      const { world } = story;
      await story.until('ENG-1 is Done', () => isDone(world, 'ENG-1'));
      assertOnceEach(world, 'ENG-1');

      const reviews = ofKind(world, 'review');
      assert.deepEqual(
        reviews.map((one) => [one.actor, one.state, one.comments.map((comment) => [comment.path, comment.line])]),
        twoIdentities
          ? [
              [
                REVIEWER_LOGIN,
                'CHANGES_REQUESTED',
                [
                  [HELLO_FILE, 1],
                  [HELLO_FILE, 2],
                ],
              ],
              [REVIEWER_LOGIN, 'APPROVED', []],
            ]
          : [
              [
                BOT_LOGIN,
                'COMMENTED',
                [
                  [HELLO_FILE, 1],
                  [HELLO_FILE, 2],
                ],
              ],
              [BOT_LOGIN, 'COMMENTED', []],
            ],
      );
      assert.equal(ofKind(world, 'merge')[0]?.sha, reviews[1]?.sha);
      assert.notEqual(reviews[0]?.sha, reviews[1]?.sha);
      const statuses = ofKind(world, 'status').map((one) => [one.sha, one.context, one.state]);
      assert.deepEqual(statuses, [
        [reviews[0]?.sha, 'heartline/review', 'failure'],
        [reviews[1]?.sha, 'heartline/review', 'success'],
        [reviews[1]?.sha, 'heartline/audit', 'success'],
      ]);

      const dev = asked(world, 'dev');
      const second = dev.findIndex((request) => shows(request, 'Line 2 is not right yet.'));
      const before = dev[second - 1]?.messages ?? [];
      assert.ok(second > 0 && before.length > 2);
      assert.deepEqual(
        dev[second]?.messages.slice(0, before.length),
        before,
        'the second round goes on from the first',
      );
      assert.equal(new Set(dev.map((request) => request.system)).size, 1);
      assert.match(progressOf(world, 'ENG-1'), /1 review round, 0 CI rounds/);
      assert.equal((await story.issue('ENG-1')).rounds.review, 1);
    },
  );
}

test('a change that breaks CI only goes to devops with the log, is mended and merged', room, async (t) => {
  const story = await startStory({
    issues: [HELLO],
    files: CI_FILES,
    jobs: CI,
    verify: ['sh check.sh'],
    script: byRole({
      dev: devWriting(HELLO_FILE, 'debugger;\nexport const hello = 1;\n'),
      devops: devWriting(HELLO_FILE, 'export const hello = 1;\n', 'Drop the debugger'),
      review: approving,
    }),
  });
  t.after(story.end);
  const { world } = story;
  await story.until('ENG-1 is Done', () => isDone(world, 'ENG-1'));
  assertOnceEach(world, 'ENG-1');
  const devops = asked(world, 'devops');
  assert.ok(devops[0] !== undefined && shows(devops[0], 'no debugger statements, please'), 'devops gets the log');
  assert.match(progressOf(world, 'ENG-1'), /0 review rounds, 1 CI round,/);
  await story.rest();
  assert.match(story.reports.join('\n'), /ENG-1 merged: .* 0 review and 1 CI rounds/);
  assert.equal(ofKind(world, 'merge')[0]?.sha, botPushes(world)[1]?.after);
});

test('CI that stays red parks the issue after two rounds at the same check, and /retry goes on', room, async (t) => {
  const bad = (n: number) => devWriting(HELLO_FILE, `debugger; // ${n}\n`, `Try ${n}`);
  const story = await startStory({
    issues: [HELLO],
    files: CI_FILES,
    jobs: CI,
    script: byRole({
      dev: bad(0),
      devops: rounds(bad(1), bad(2), devWriting(HELLO_FILE, 'export const hello = 1;\n')),
      review: approving,
    }),
  });
  t.after(story.end);
  const { world } = story;
  await story.until('ENG-1 is parked', () => isParked(world, 'ENG-1'));
  await story.rest();
  assert.match(
    progressOf(world, 'ENG-1'),
    /test ended as failure .* mended twice and is still red: no progress\. .*\/retry/,
  );
  assert.match(progressOf(world, 'ENG-1'), /2 CI rounds/);
  assert.equal(botPushes(world).length, 3);
  assert.equal(story.reports.filter((line) => line.includes('ENG-1 is parked')).length, 1);

  world.linear.act.comment('ENG-1', '/retry', 'grace');
  await story.until('ENG-1 is Done', () => isDone(world, 'ENG-1'));
  assert.equal(botPushes(world).length, 4);
  assertOnceEach(world, 'ENG-1');
});

test('a reviewer who always finds more is cut off after three rounds', room, async (t) => {
  const version = (n: number) => devWriting(HELLO_FILE, `export const hello = ${n};\n`, `Version ${n}`);
  const story = await startStory({
    issues: [HELLO],
    script: byRole({
      dev: rounds(version(1), version(2), version(3), version(4), version(5)),
      review: rejecting(HELLO_FILE, 1),
    }),
  });
  t.after(story.end);
  const { world } = story;
  await story.until('ENG-1 is parked', () => isParked(world, 'ENG-1'));
  await story.rest();
  assert.equal(ofKind(world, 'review').length, 4);
  assert.equal(botPushes(world).length, 4);
  assert.match(
    progressOf(world, 'ENG-1'),
    /asks for changes\. 3 rounds of findings did not settle it\. Comment \/retry/,
  );
  assert.deepEqual(ofKind(world, 'merge'), []);
});

test('a dev told to mend who hands in nothing new is not sent for ever', room, async (t) => {
  const story = await startStory({
    issues: [HELLO],
    settings: { roles: rolesWith({ dev: { turnsMax: 6 } }) },
    script: byRole({
      dev: rounds(devWriting(HELLO_FILE, 'export const hello = 1;\n'), looping),
      review: rejecting(HELLO_FILE, 1),
    }),
  });
  t.after(story.end);
  const { world } = story;
  await story.until('ENG-1 is parked', () => isParked(world, 'ENG-1'));
  await story.rest();
  assert.match(progressOf(world, 'ENG-1'), /dev ended badly 3 times, last: The agent kept repeating the same calls/);
  assert.equal(botPushes(world).length, 1);
});

test('an agent that never finishes is capped by its calls, three times, and parked', room, async (t) => {
  const story = await startStory({
    issues: [HELLO],
    settings: { roles: rolesWith({ dev: { turnsMax: 4 } }) },
    script: byRole({ dev: endless, review: approving }),
  });
  t.after(story.end);
  const { world } = story;
  await story.until('ENG-1 is parked', () => isParked(world, 'ENG-1'));
  await story.rest();
  assert.equal(asked(world, 'dev').length, 12);
  assert.match(
    progressOf(world, 'ENG-1'),
    /dev ended badly 3 times, last: The agent did not finish within 4 model calls/,
  );
  assert.equal(isOpened(world), false);
  assert.equal(stateOf(world, 'ENG-1'), 'In Progress');
});

test('a blocked issue starts when its blocker is done, and not before', room, async (t) => {
  const story = await startStory({
    issues: [{ ...BYE, priority: 1, blockedBy: ['ENG-2'] }, HELLO],
    script: byRole({
      dev: byIssueKey({
        'ENG-1': devWriting('src/bye.js', 'export const bye = 1;\n'),
        'ENG-2': devWriting(HELLO_FILE, 'export const hello = 1;\n'),
      }),
      review: approving,
    }),
  });
  t.after(story.end);
  const { world } = story;
  await story.until('ENG-2 is merged', () => ofKind(world, 'merge').length === 1);
  await story.until('both are Done', () => isDone(world, 'ENG-1') && isDone(world, 'ENG-2'));
  const merged = world.linear.log.find(
    (one) => one.kind === 'state-move' && one.issue === 'ENG-2' && one.to === 'Done',
  );
  const started = world.linear.log.find((one) => one.kind === 'state-move' && one.issue === 'ENG-1');
  assert.ok(merged !== undefined && started !== undefined && started.number > merged.number);
  const first = world.models.log.find(({ request }) =>
    request?.messages.some((turn) => turn.kind === 'user' && turn.text.includes('Issue ENG-1')),
  );
  assert.ok(first !== undefined && first.at >= merged.at);
  for (const key of ['ENG-1', 'ENG-2']) assertOnceEach(world, key);
});
