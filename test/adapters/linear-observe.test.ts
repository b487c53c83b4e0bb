/** Watching a Linear board: what is seen, what it costs, and that nothing is lost when a read fails. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OutsideError } from '../../src/domain/outside-error.ts';
import type { BoardObservation } from '../../src/heartbeat/ports.ts';
import { integration } from '../world/linear/board/records.ts';
import type { IssueSeed, LinearSeed } from '../world/linear/board/seed.ts';
import { points, SWEEP_MS, trackerForTest, watching } from './linear-for-test.ts';

/** Open issues made long ago, 20 of every 100 with a blocker. */
function openIssues(count: number): IssueSeed[] {
  return Array.from({ length: count }, (_, index) => ({
    title: `Issue ${index + 1}`,
    state: index % 2 === 0 ? 'Todo' : 'In Progress',
    movedBy: 'ada',
    ...(index > 0 && index % 5 === 0 ? { blockedBy: [`ENG-${index}`] } : {}),
  }));
}

const twoTeams: Partial<LinearSeed> = {
  teams: [{ key: 'ENG' }, { key: 'OPS' }],
  labels: [{ name: 'agent' }],
  projects: [{ name: 'Engine' }],
  issues: [
    {
      title: 'Count the cards',
      priority: 2,
      labels: ['agent'],
      project: 'Engine',
      movedBy: 'bob',
      assignee: 'bob',
      delegate: 'heartline',
    },
    { title: 'Oil the wheels', blockedBy: ['ENG-1', 'OPS-1'], movedBy: integration('github', 'GitHub') },
    { title: 'Polish the brass', state: 'Done' },
    { title: 'Later', state: 'Backlog' },
    { title: 'Wash the windows', team: 'OPS' },
  ],
};

const keys = ({ board }: BoardObservation) => board.issues.map((issue) => issue.key).toSorted();
const named = ({ board }: BoardObservation, key: string) => {
  const issue = board.issues.find((each) => each.key === key);
  assert.ok(issue, `${key} is on the board`);
  return issue;
};

test('the first look reads every open issue of the watched team, in the words of the domain', async (context) => {
  const { tracker, world } = await trackerForTest(context, twoTeams);
  const seen = await tracker.observe(watching());
  assert.equal(seen.how, 'sweep');
  assert.deepEqual(keys(seen), ['ENG-1', 'ENG-2']);
  const { lastMove, ...first } = named(seen, 'ENG-1');
  assert.equal(first.title, 'Count the cards');
  assert.equal(first.description, '');
  assert.equal(first.priority, 2);
  assert.equal(first.teamKey, 'ENG');
  assert.equal(first.projectName, 'Engine');
  assert.deepEqual(first.labels, ['agent']);
  assert.deepEqual(first.assignees, ['bob@example.com', 'heartline@example.com']);
  assert.equal(first.state.name, 'Todo');
  assert.equal(first.state.type, 'unstarted');
  assert.equal(first.archived, false);
  assert.equal(first.creator.kind, 'person');
  assert.equal(lastMove?.toStateId, first.state.id);
  assert.ok(lastMove?.actor.kind === 'person' && lastMove.actor.email === 'Bob@Example.com');
  assert.deepEqual(named(seen, 'ENG-2').lastMove?.actor, { kind: 'automation', name: 'GitHub' });
  assert.deepEqual(
    named(seen, 'ENG-2')
      .blockers.map(({ key, settled }) => ({ key, settled }))
      .toSorted((a, b) => (a.key < b.key ? -1 : 1)),
    [
      { key: 'ENG-1', settled: false },
      { key: 'OPS-1', settled: false },
    ],
  );
  assert.deepEqual(
    seen.board.states
      .get('ENG')
      ?.map((state) => state.name)
      .slice(0, 3),
    ['Triage', 'Backlog', 'Todo'],
  );
  assert.deepEqual([...world.unimplemented], []);
});

test('an issue that was created in its state has no last move', async (context) => {
  const { tracker } = await trackerForTest(context, { issues: [{ title: 'Fresh' }] });
  assert.equal(named(await tracker.observe(watching()), 'ENG-1').lastMove, null);
});

test('an app is an automation, and the newest move into the state counts, however old', async (context) => {
  const { tracker, world, passTime, id } = await trackerForTest(context, {
    issues: [{ title: 'One', state: 'Backlog' }],
  });
  world.act.moveIssue('ENG-1', 'Todo', 'bob');
  for (let edit = 0; edit < 60; edit += 1) {
    passTime(1000);
    world.act.editIssue('ENG-1', { title: `One, take ${edit}` }, 'ada');
  }
  const byBob = await tracker.issue('ENG-1');
  assert.ok(byBob?.lastMove?.actor.kind === 'person' && byBob.lastMove.actor.name === 'Bob Stone');
  world.act.moveIssue('ENG-1', 'In Progress', 'heartline');
  assert.deepEqual((await tracker.issue(id('ENG-1')))?.lastMove?.actor, { kind: 'automation', name: 'Heartline' });
});

test('an idle look is one request of at most 15 points, also when a hundred issues share one millisecond', async (context) => {
  const at = Date.parse('2026-11-02T11:00:00.000Z');
  const issues = openIssues(100).map((issue) => ({ ...issue, createdAt: at }));
  const { tracker, asked } = await trackerForTest(context, { issues });
  const first = await tracker.observe(watching());
  assert.equal(first.board.issues.length, 100);
  asked();
  for (let look = 0; look < 3; look += 1) {
    const idle = await tracker.observe(watching());
    assert.equal(idle.how, 'unchanged');
    assert.equal(idle.board.issues.length, 100);
    const requests = asked();
    assert.equal(requests.length, 1);
    assert.ok(points(requests) <= 15, `${points(requests)} points`);
  }
});

test('ten changed issues are seen for at most 1,200 points, and the look after that is idle again', async (context) => {
  const { tracker, world, asked, passTime } = await trackerForTest(context, { issues: openIssues(100) });
  await tracker.observe(watching());
  for (const request of asked())
    assert.ok(request.complexity <= 1000, `${request.operationName}: ${request.complexity}`);
  passTime(30_000);
  for (let number = 1; number <= 10; number += 1) world.act.editIssue(`ENG-${number}`, { title: 'Renamed' }, 'bob');
  const changed = await tracker.observe(watching());
  assert.equal(changed.how, 'changes');
  assert.equal(changed.board.issues.filter((issue) => issue.title === 'Renamed').length, 10);
  const requests = asked();
  assert.ok(points(requests) <= 1200, `${points(requests)} points`);
  assert.equal((await tracker.observe(watching())).how, 'unchanged');
  const idle = asked();
  assert.equal(idle.length, 1);
  assert.ok(points(idle) <= 15);
});

test('more changes than worth it are read as a sweep', async (context) => {
  const { tracker, world, passTime } = await trackerForTest(context, { issues: openIssues(60) });
  await tracker.observe(watching());
  passTime(30_000);
  for (let number = 1; number <= 60; number += 1) world.act.editIssue(`ENG-${number}`, { title: 'Renamed' }, 'bob');
  const seen = await tracker.observe(watching());
  assert.equal(seen.how, 'sweep');
  assert.equal(seen.board.issues.filter((issue) => issue.title === 'Renamed').length, 60);
  assert.equal((await tracker.observe(watching())).how, 'unchanged');
});

test('an issue enters the board when it is moved to Todo and leaves it when it is done', async (context) => {
  const { tracker, world, passTime } = await trackerForTest(context, twoTeams);
  await tracker.observe(watching());
  passTime(1000);
  world.act.moveIssue('ENG-4', 'Todo', 'bob');
  assert.deepEqual(keys(await tracker.observe(watching())), ['ENG-1', 'ENG-2', 'ENG-4']);
  passTime(1000);
  world.act.moveIssue('ENG-4', 'Done', 'bob');
  assert.deepEqual(keys(await tracker.observe(watching())), ['ENG-1', 'ENG-2']);
});

test('a tracked issue is seen whatever its state, team or archive flag', async (context) => {
  const { tracker, world, passTime, id } = await trackerForTest(context, twoTeams);
  const watch = watching({ tracked: [id('ENG-1'), id('ENG-3'), id('OPS-1')] });
  assert.deepEqual(keys(await tracker.observe(watch)), ['ENG-1', 'ENG-2', 'ENG-3', 'OPS-1']);
  passTime(1000);
  world.act.moveIssue('OPS-1', 'Done', 'bob');
  assert.equal(named(await tracker.observe(watch), 'OPS-1').state.type, 'completed');
  passTime(1000);
  world.act.archive('ENG-1', 'bob');
  const seen = await tracker.observe(watch);
  assert.equal(named(seen, 'ENG-1').archived, true);
  assert.deepEqual(keys(await tracker.observe(watching())), ['ENG-2'], 'no longer tracked, no longer there');
});

test('a tracked issue that does not exist costs no sweep at every look', async (context) => {
  const { tracker, asked } = await trackerForTest(context, { issues: [{ title: 'One' }] });
  const watch = watching({ tracked: ['3f1c2c39-1a1c-4df5-9b68-0d5a7b3d9f11'] });
  await tracker.observe(watch);
  asked();
  const seen = await tracker.observe(watch);
  assert.equal(seen.how, 'unchanged');
  assert.equal(asked().length, 1);
  assert.deepEqual([...seen.board.gone], watch.tracked, 'known to be gone, not only unseen');
});

test('a blocker that settles is seen at once, in whatever team it is', async (context) => {
  const { tracker, world, passTime } = await trackerForTest(context, twoTeams);
  await tracker.observe(watching());
  const settled = (seen: BoardObservation) =>
    named(seen, 'ENG-2')
      .blockers.filter((one) => one.settled)
      .map((one) => one.key);
  passTime(1000);
  world.act.moveIssue('ENG-1', 'Done', 'bob');
  assert.deepEqual(settled(await tracker.observe(watching())), ['ENG-1']);
  passTime(1000);
  world.act.moveIssue('OPS-1', 'Canceled', 'bob');
  assert.deepEqual(settled(await tracker.observe(watching())).toSorted(), ['ENG-1', 'OPS-1']);
});

test('a new blocker is seen at once even when it does not touch the issue', async (context) => {
  const { tracker, world, passTime } = await trackerForTest(context, twoTeams, { bumps: { relation: false } });
  await tracker.observe(watching());
  passTime(1000);
  world.act.block('ENG-4', 'ENG-1', 'bob');
  const seen = await tracker.observe(watching());
  assert.deepEqual(
    named(seen, 'ENG-1').blockers.map((one) => one.key),
    ['ENG-4'],
  );
  assert.equal((await tracker.observe(watching())).how, 'unchanged');
});

test('all blockers are read, also beyond the first page', async (context) => {
  const blockers = Array.from({ length: 7 }, (_, index) => ({
    title: `Blocker ${index}`,
    state: index === 0 ? 'Done' : 'Todo',
  }));
  const blockedBy = blockers.map((_, index) => `ENG-${index + 1}`);
  const { tracker } = await trackerForTest(context, { issues: [...blockers, { title: 'Last', blockedBy }] });
  const { blockers: read } = named(await tracker.observe(watching()), 'ENG-8');
  assert.equal(read.length, 7);
  assert.equal(read.filter((one) => one.settled).length, 1);
});

test('a comment is told once, and again when it is edited', async (context) => {
  const { tracker, world, passTime } = await trackerForTest(context, twoTeams);
  world.act.comment('ENG-1', 'before the first look', 'bob');
  const bodies = (seen: BoardObservation) => seen.comments.map((comment) => comment.body);
  assert.deepEqual(bodies(await tracker.observe(watching())), ['before the first look']);
  passTime(1000);
  const { id } = world.act.comment('ENG-2', '/stop', 'bob');
  world.act.comment('OPS-1', 'another team', 'bob');
  const seen = await tracker.observe(watching());
  assert.equal(seen.how, 'changes');
  assert.deepEqual(bodies(seen), ['/stop']);
  assert.equal(seen.comments[0]?.handle, 'Bob@Example.com');
  assert.deepEqual(bodies(await tracker.observe(watching())), []);
  passTime(60_000);
  world.act.editComment(id, '/resume', 'bob');
  assert.deepEqual(bodies(await tracker.observe(watching())), ['/resume']);
  assert.equal((await tracker.observe(watching())).how, 'unchanged');
});

test('many comments at once are all told, oldest first', async (context) => {
  const { tracker, world, passTime, asked } = await trackerForTest(context, twoTeams);
  await tracker.observe(watching());
  for (let index = 0; index < 70; index += 1) {
    passTime(10);
    world.act.comment('ENG-1', `comment ${index}`, 'bob');
  }
  const seen = await tracker.observe(watching());
  assert.equal(seen.comments.length, 70);
  assert.equal(seen.comments[0]?.body, 'comment 0');
  asked();
  assert.deepEqual((await tracker.observe(watching())).comments, []);
  assert.equal(asked().length, 1);
});

test('a sweep comes on time, sees a renamed state and label, and tells comments again', async (context) => {
  const { tracker, world, passTime } = await trackerForTest(context, twoTeams);
  await tracker.observe(watching());
  world.act.comment('ENG-1', 'hello', 'bob');
  assert.equal((await tracker.observe(watching())).comments.length, 1);
  world.act.renameState('ENG', 'Todo', 'Ready', 'ada');
  passTime(SWEEP_MS);
  const seen = await tracker.observe(watching());
  assert.equal(seen.how, 'sweep');
  assert.equal(named(seen, 'ENG-1').state.name, 'Ready');
  assert.equal(seen.comments.length, 1);
});

test('other places to watch mean a sweep, of these places alone', async (context) => {
  const { tracker } = await trackerForTest(context, twoTeams);
  await tracker.observe(watching());
  const seen = await tracker.observe(watching({ linearProject: 'Engine' }));
  assert.equal(seen.how, 'sweep');
  assert.deepEqual(keys(seen), ['ENG-1']);
});

test('a read that fails on the way loses nothing: the next look finds the same news', async (context) => {
  for (const fault of [{ kind: 'refuse' }, { kind: 'malformed' }, { kind: 'status', status: 502 }] as const) {
    for (const nth of [1, 2, 3]) {
      let armed = false;
      const { tracker, world, passTime } = await trackerForTest(context, twoTeams, {
        fault: (() => {
          let count = 0;
          return () => {
            if (!armed) return null;
            count += 1;
            return count === nth ? fault : null;
          };
        })(),
      });
      await tracker.observe(watching());
      passTime(1000);
      world.act.moveIssue('ENG-4', 'Todo', 'bob');
      world.act.comment('ENG-1', 'news', 'bob');
      armed = true;
      await assert.rejects(
        tracker.observe(watching()),
        (error) => error instanceof OutsideError && error.kind === 'unreachable',
      );
      const seen = await tracker.observe(watching());
      assert.equal(seen.how, 'changes');
      assert.ok(keys(seen).includes('ENG-4'));
      assert.deepEqual(
        seen.comments.map((comment) => comment.body),
        ['news'],
      );
    }
  }
});

test('a lagging read neither takes an issue off the board nor turns it back', async (context) => {
  const faults = [{ fault: { kind: 'stale' }, nth: 'every', when: () => lagging }] as const;
  let lagging = false;
  const { tracker, world, passTime } = await trackerForTest(context, twoTeams, { faults });
  await tracker.observe(watching());
  passTime(1000);
  world.act.moveIssue('ENG-4', 'Todo', 'bob');
  assert.ok(keys(await tracker.observe(watching())).includes('ENG-4'));
  passTime(SWEEP_MS);
  lagging = true;
  assert.ok(keys(await tracker.observe(watching())).includes('ENG-4'));
});

test('what we moved ourselves is read again even if its timestamp stands still', async (context) => {
  const { tracker, world, id } = await trackerForTest(context, twoTeams);
  world.act.moveIssue('ENG-4', 'Todo', 'bob');
  const seen = await tracker.observe(watching());
  const started = seen.board.states.get('ENG')?.find((state) => state.name === 'In Progress');
  await tracker.moveIssue(id('ENG-4'), started?.id ?? '');
  assert.equal(named(await tracker.observe(watching()), 'ENG-4').state.name, 'In Progress');
});
