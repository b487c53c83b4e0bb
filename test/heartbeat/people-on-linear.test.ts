// People change their mind on Linear while the bot works: they cancel, archive, take away, say /stop and bring back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { need } from '../needs.ts';
import { bwrapWorks } from '../world/bwrap-works.ts';
import type { FaultSwitch } from '../world/faults.ts';
import type { Script } from '../world/models/conversation.ts';
import { byRole } from '../world/models/scripted-agent.ts';
import { REPOSITORY, type World } from '../world/start-world.ts';
import { approving, devWriting, door, endless, HELLO, rolesWith, rounds, shows, wellBehaved } from './agents.ts';
import {
  asked,
  assertOnceEach,
  botPushes,
  isDone,
  isOpened,
  isParked,
  isStopped,
  ofKind,
  progressOf,
  pullRequest,
} from './outside.ts';
import { startStory, stateOf } from './story.ts';

const room = need('bwrap', await bwrapWorks(), 'sudo apt-get install -y bubblewrap');

const takingAway: readonly (readonly [string, RegExp, Readonly<Record<string, unknown>>, (world: World) => void])[] = [
  [
    'moves it to Canceled',
    /Grace \w+ moved ENG-1 to Canceled/,
    {},
    (world) => world.linear.act.moveIssue('ENG-1', 'Canceled', 'grace'),
  ],
  [
    'moves it back to Backlog',
    /Grace \w+ moved ENG-1 to Backlog/,
    {},
    (world) => world.linear.act.moveIssue('ENG-1', 'Backlog', 'grace'),
  ],
  [
    'moves it to Done',
    /Grace \w+ moved ENG-1 to Done/,
    {},
    (world) => world.linear.act.moveIssue('ENG-1', 'Done', 'grace'),
  ],
  ['archives it', /ENG-1 was archived/, {}, (world) => world.linear.act.archive('ENG-1', 'grace')],
  ['puts it in the trash', /ENG-1 was archived/, {}, (world) => world.linear.act.trash('ENG-1', 'grace')],
  [
    'takes its label off',
    /lacks the label/,
    { labels: ['heartline'] },
    (world) => world.linear.act.unlabel('ENG-1', 'heartline', 'grace'),
  ],
  [
    'takes it from its assignee',
    /neither assigned nor delegated/,
    { assignee: 'grace@example.com' },
    (world) => world.linear.act.assign('ENG-1', null, 'grace'),
  ],
];

for (const [what, why, project, act] of takingAway) {
  test(`a person ${what} in mid-run: the session ends, nothing is pushed, one last word`, room, async (t) => {
    const story = await startStory({
      issues: [{ ...HELLO, labels: ['heartline'], assignee: 'grace' }],
      project,
      modelLatencyMs: 20,
      settings: { roles: rolesWith({ dev: { turnsMax: 1000 } }) },
      script: byRole({ dev: endless, review: approving }),
    });
    t.after(story.end);
    const { world } = story;
    await story.until('the dev is at work', () => asked(world, 'dev').length >= 3);
    act(world);
    const state = stateOf(world, 'ENG-1');
    await story.until('the comment says so', () => isStopped(world, 'ENG-1'));
    const calls = world.models.totals.calls;
    const edits = world.linear.log.length;
    await story.rest();
    assert.match(progressOf(world, 'ENG-1'), why);
    assert.deepEqual((await story.status()).sessions, []);
    assert.equal(world.models.totals.calls, calls, 'no model is asked any more');
    assert.equal(world.linear.log.length, edits, 'and nothing is written after the last word');
    assert.equal(stateOf(world, 'ENG-1'), state, 'the state is as the person left it');
    assert.deepEqual(botPushes(world), []);
    assert.equal(isOpened(world), false);
    assert.equal(story.reports.filter((line) => line.includes('ENG-1 is stopped')).length, 1);
  });
}

test('moved back to Todo, a cancelled issue is a second attempt on its own branch', room, async (t) => {
  const good = devWriting('src/hello.js', 'export const hello = 1;\n');
  const first = door();
  const story = await startStory({
    issues: [HELLO],
    script: byRole({
      dev: (request) => (shows(request, 'heartline/eng-1-2') ? good(request) : first.before(good)(request)),
      review: approving,
    }),
  });
  t.after(story.end);
  const { world } = story;
  await story.until(
    'ENG-1 is taken up',
    () => progressOf(world, 'ENG-1') !== '' || stateOf(world, 'ENG-1') === 'In Progress',
  );
  world.linear.act.moveIssue('ENG-1', 'Canceled', 'ada');
  await story.until('it is stopped', () => isStopped(world, 'ENG-1'));
  first.open();
  world.linear.act.moveIssue('ENG-1', 'Todo', 'grace');
  await story.until('ENG-1 is Done', () => isDone(world, 'ENG-1'));
  await story.rest();
  assert.equal(ofKind(world, 'pull-request-created')[0]?.head, 'heartline/eng-1-2');
  assert.deepEqual(
    botPushes(world).map((push) => push.ref),
    ['refs/heads/heartline/eng-1-2'],
  );
  assert.match(progressOf(world, 'ENG-1'), /Attempt 2/);
});

test('dragged away between our look and our last move, the issue stays where the person put it', room, async (t) => {
  let dragged = false;
  const story = await startStory({
    issues: [HELLO],
    script: wellBehaved,
    fault: (call) => {
      // What Linear showed was read before this; the move to Done follows within the same look.
      if (
        call.service === 'github' &&
        call.operation.startsWith('PUT') &&
        call.operation.endsWith('/merge') &&
        !dragged
      ) {
        dragged = true;
        story.world.linear.act.moveIssue('ENG-1', 'Todo', 'mallory');
      }
      return null;
    },
  });
  t.after(story.end);
  const { world } = story;
  await story.until('the comment says so', () => isStopped(world, 'ENG-1'));
  await story.rest();
  assert.equal(stateOf(world, 'ENG-1'), 'Todo');
  assert.match(progressOf(world, 'ENG-1'), /Mallory \w+ moved ENG-1 to Todo/);
  assert.equal(ofKind(world, 'merge').length, 1);
});

test('moved by an integration of Linear, an issue is not taken away', room, async (t) => {
  const story = await startStory({ issues: [HELLO], script: wellBehaved });
  t.after(story.end);
  const { world } = story;
  await story.until('the pull request is open', () => isOpened(world));
  world.linear.act.moveIssue('ENG-1', 'Todo', {
    id: null,
    type: 'github',
    subType: null,
    name: 'GitHub',
    avatarUrl: null,
    userDisplayName: null,
  });
  await story.until('ENG-1 is Done', () => isDone(world, 'ENG-1'));
  assertOnceEach(world, 'ENG-1');
});

/** A dev at work that waits for the story before its first word. */
async function atWork(script?: (dev: Script) => Script) {
  const hold = door();
  const dev = devWriting('src/hello.js', 'export const hello = 1;\n');
  const story = await startStory({
    issues: [HELLO],
    script: byRole({ dev: script === undefined ? hold.before(dev) : script(dev), review: approving }),
  });
  const { world } = story;
  await story.until('ENG-1 is taken up', () => stateOf(world, 'ENG-1') === 'In Progress');
  return { story, world, hold };
}

test('/stop on the issue by a person of ours ends the work; /resume goes on in the same session', room, async (t) => {
  const { story, world, hold } = await atWork();
  t.after(story.end);
  world.linear.act.comment('ENG-1', '/stop\n\nWait a minute.', 'grace');
  await story.until('it is stopped', () => isStopped(world, 'ENG-1'));
  hold.open();
  await story.rest();
  assert.match(progressOf(world, 'ENG-1'), /Grace said \/stop\. Comment \/resume to go on\./);
  assert.equal(isOpened(world), false);
  assert.equal(stateOf(world, 'ENG-1'), 'In Progress');
  world.linear.act.comment('ENG-1', '/resume', 'ada');
  await story.until('ENG-1 is Done', () => isDone(world, 'ENG-1'));
  assertOnceEach(world, 'ENG-1');
  assert.match(progressOf(world, 'ENG-1'), /Attempt 1,/);
});

test('/stop by a stranger is talk', room, async (t) => {
  const { story, world, hold } = await atWork();
  t.after(story.end);
  world.linear.act.comment('ENG-1', '/stop', 'mallory');
  hold.open();
  await story.until('the pull request is open', () => isOpened(world));
  await world.github.act.comment(REPOSITORY, 1, 'mallory', '/stop');
  await story.until('ENG-1 is Done', () => isDone(world, 'ENG-1'));
  assertOnceEach(world, 'ENG-1');
});

test('/stop on the pull request ends the review and nothing is merged; /resume there goes on', room, async (t) => {
  const hold = door();
  const story = await startStory({
    issues: [HELLO],
    script: byRole({ dev: devWriting('src/hello.js', 'export const hello = 1;\n'), review: hold.before(approving) }),
  });
  t.after(story.end);
  const { world } = story;
  await story.until('a reviewer is at work', () => isOpened(world) && stateOf(world, 'ENG-1') === 'In Review');
  await world.github.act.comment(REPOSITORY, 1, 'grace', '/stop');
  await story.until('it is stopped', () => isStopped(world, 'ENG-1'));
  hold.open();
  await story.rest();
  assert.deepEqual(ofKind(world, 'review'), []);
  assert.deepEqual(ofKind(world, 'merge'), []);
  assert.equal(pullRequest(world, 1).state, 'open');
  await world.github.act.comment(REPOSITORY, 1, 'grace', '/resume');
  await story.until('ENG-1 is Done', () => isDone(world, 'ENG-1'));
  assertOnceEach(world, 'ENG-1');
});

test('/stop before the start keeps an issue in Todo from starting until /resume', room, async (t) => {
  const story = await startStory({ issues: [{ ...HELLO, state: 'Backlog' }], script: wellBehaved });
  t.after(story.end);
  const { world } = story;
  world.linear.act.moveIssue('ENG-1', 'Todo', 'ada');
  world.linear.act.comment('ENG-1', '/stop', 'grace');
  await story.rest();
  assert.equal(stateOf(world, 'ENG-1'), 'Todo');
  assert.match((await story.issue('ENG-1')).verdict.reason, /Grace said \/stop/);
  world.linear.act.comment('ENG-1', '/resume', 'grace');
  await story.until('ENG-1 is Done', () => isDone(world, 'ENG-1'));
});

test('/answer reaches the agent in its session and sets a parked issue going', room, async (t) => {
  const story = await startStory({
    issues: [HELLO],
    settings: { roles: rolesWith({ dev: { turnsMax: 2 } }), limits: { crashRoundsMax: 1 } },
    script: byRole({
      dev: (request) =>
        shows(request, 'Say it in French.')
          ? rounds(endless, devWriting('src/hello.js', 'export const salut = 1;\n'))(request)
          : endless(request),
      review: approving,
    }),
  });
  t.after(story.end);
  const { world } = story;
  await story.until('ENG-1 is parked', () => isParked(world, 'ENG-1'));
  await story.configure((settings) => ({ ...settings, roles: rolesWith({ dev: { turnsMax: 20 } }) }));
  world.linear.act.comment('ENG-1', '/answer Say it in French.', 'mallory');
  await story.rest();
  assert.ok(isParked(world, 'ENG-1'), 'a stranger answers nothing');
  world.linear.act.comment('ENG-1', '/answer Say it in French.', 'ada');
  await story.until('ENG-1 is Done', () => isDone(world, 'ENG-1'));
  assertOnceEach(world, 'ENG-1');
  const last = asked(world, 'dev').at(-1);
  assert.match(JSON.stringify(last?.messages), /Ada says about this/);
});

const meanwhile: readonly (readonly [string, (world: World) => void])[] = [
  ['moves it to Canceled', (world) => world.linear.act.moveIssue('ENG-1', 'Canceled', 'grace')],
  ['says /stop', (world) => world.linear.act.comment('ENG-1', '/stop', 'grace')],
];
for (const [what, act] of meanwhile) {
  test(`a person ${what} while the bot is down: no model is asked once more`, room, async (t) => {
    let slow = 0;
    // Time enough for a session that goes on by itself.
    const fault: FaultSwitch = ({ service, write }) => {
      if (slow === 0 || service !== 'linear' || write) return null;
      slow -= 1;
      return { kind: 'slow', delayMs: 1_500 };
    };
    const story = await startStory({ issues: [HELLO], script: byRole({ dev: endless }), fault });
    t.after(story.end);
    const { world } = story;
    await story.until('the dev is at work', () => asked(world, 'dev').length >= 3);
    let before = 0;
    await story.restart(() => {
      slow = 1;
      before = asked(world, 'dev').length;
      act(world);
    });
    await story.until('it is stopped', () => isStopped(world, 'ENG-1'));
    assert.equal(asked(world, 'dev').length, before);
  });
}
