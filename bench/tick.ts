/**
 * What a look at the board costs, with the real adapters and the real observer against the stand-ins: idle, after ten
 * changes, and as a sweep; beside the SDK used as its documentation shows it, on the same board in the same run.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LinearClient } from '@linear/sdk';
import { loadConfig } from '../src/config/load-config.ts';
import { resolveSecrets } from '../src/config/secrets.ts';
import { connect } from '../src/connect.ts';
import type { Journal } from '../src/heartbeat/journal.ts';
import { createObserver, type Outside } from '../src/heartbeat/observe.ts';
import { rulesOf } from '../src/main.ts';
import { openStore } from '../src/store/open-store.ts';
import { BASE_BRANCH, REPOSITORY, SECRETS, type World } from '../test/world/start-world.ts';
import { BLOCKED, BRANCH_PREFIX, ISSUES, PULL_REQUESTS, startBoard } from './board.ts';
import { atMost, exactly, type Figure, type Report, runBench, shown } from './figures.ts';

const RUNNING = 5;
const CHANGES = 10;
const CADENCE_MS = 30_000;
const NOON = Date.parse('2026-11-02T12:00:00.000Z');

interface Cost {
  readonly linearRequests: number;
  readonly linearPoints: number;
  readonly linearDearest: number;
  readonly githubQueries: number;
  readonly githubPoints: number;
  readonly githubOther: number;
}

await runBench(measure);

async function measure(): Promise<Report> {
  const root = await mkdtemp(join(tmpdir(), 'heartline bench tick '));
  let now = NOON;
  const world = await startBoard({ root, clock: () => now, cadence: '*/30 * * * * *', isolation: 'none' });
  try {
    const config = await loadConfig({ file: world.config, env: world.env, cwd: root });
    const secrets = await resolveSecrets(config.wiring, world.env);
    const parts = connect(config, secrets, { clock: { now: () => now } });
    const journal = await openStore({ file: join(world.dataDir, 'heartline.db'), now: () => now, owner: randomUUID() });
    const observer = createObserver({ ...parts, journal });
    const running = await takeOn(journal, world);
    const look = async () => {
      now += CADENCE_MS;
      const cost = costOf(world);
      const outside = await observer.outside(rulesOf(config));
      return { outside, cost: cost() };
    };

    const first = await look();
    assert.equal(first.outside.how, 'sweep');
    assert.equal(boardOf(first.outside).issues.length, ISSUES);
    assert.equal(pullRequestsOf(first.outside).length, PULL_REQUESTS);
    await look();
    const idle = await look();
    const naive = await naively(world);
    const sees = await whatIsSeen(world, look, journal, running);
    for (let number = 11; number <= 10 + CHANGES; number += 1)
      world.linear.act.editIssue(`ENG-${number}`, { title: `Issue ${number}, told better` }, 'grace');
    const changed = await look();
    const told = boardOf(changed.outside).issues.filter((issue) => issue.title.endsWith('told better')).length;
    const quiet = await look();
    now += config.wiring.sweepMs;
    const sweep = await look();
    await journal.close();
    return {
      bench: 'What a tick costs',
      notes: [
        `One repository, ${ISSUES} open issues (${BLOCKED} blocked, ${RUNNING} with a run at work), ${PULL_REQUESTS} open pull requests, on the stand-ins.`,
        "Points are Linear's complexity, worked out by its rule from the text of the query.",
        `Naive: @linear/sdk as its documentation shows it (\`await issue.state\`, \`.assignee\`, \`.labels()\`, \`.inverseRelations()\`, the newest comments), once over the same ${naive.issues} issues.`,
      ],
      figures: figuresOf({ idle, changed, quiet, sweep, told, naive }, sees),
      detail: {
        idle: idle.cost,
        changed: changed.cost,
        sweep: sweep.cost,
        first: first.cost,
        naive,
        sees,
      },
    };
  } finally {
    await world.close();
    await rm(root, { recursive: true, force: true });
  }
}

interface Look {
  readonly outside: Outside;
  readonly cost: Cost;
}

interface Looks {
  readonly idle: Look;
  readonly changed: Look;
  readonly quiet: Look;
  readonly sweep: Look;
  /** Of the changed issues, how many the look brought in. */
  readonly told: number;
  readonly naive: Naive;
}

function figuresOf({ idle, changed, quiet, sweep, told, naive }: Looks, sees: readonly Sight[]): readonly Figure[] {
  const naiveRequests = { what: 'naive SDK', value: naive.requests };
  const naivePoints = { what: 'naive SDK', value: naive.points };
  return [
    figure('idle tick: Linear requests', idle.cost.linearRequests, '', exactly(1), naiveRequests),
    figure('idle tick: Linear points', idle.cost.linearPoints, 'points', atMost(15), naivePoints),
    figure('idle tick: GitHub queries', idle.cost.githubQueries, '', exactly(1)),
    figure('idle tick: other GitHub requests, git included', idle.cost.githubOther, '', exactly(0)),
    figure('idle tick: GitHub points', idle.cost.githubPoints, 'points', shown),
    ...sees.map(({ what, seen, of }) => figure(`the idle request then sees ${what}`, seen, `of ${of}`, exactly(of))),
    figure(`${CHANGES} changed issues: read`, told, `of ${CHANGES}`, exactly(CHANGES)),
    figure(`${CHANGES} changed issues: Linear points`, changed.cost.linearPoints, 'points', atMost(1_200), naivePoints),
    figure(`${CHANGES} changed issues: Linear requests`, changed.cost.linearRequests, '', shown, naiveRequests),
    figure('the tick after that: Linear requests', quiet.cost.linearRequests, '', exactly(1)),
    figure('sweep: Linear points', sweep.cost.linearPoints, 'points', shown, naivePoints),
    figure('sweep: Linear requests', sweep.cost.linearRequests, '', shown, naiveRequests),
    figure('sweep: dearest query (Linear refuses above 10,000)', sweep.cost.linearDearest, 'points', atMost(1_000)),
    // A tick each 30 seconds, a sweep each 10 minutes; all else idle.
    figure(
      'points an hour on a quiet board',
      114 * idle.cost.linearPoints + 6 * sweep.cost.linearPoints,
      'points',
      shown,
      { what: 'naive SDK at the same cadence', value: 120 * naive.points },
    ),
  ];
}

function figure(name: string, value: number, unit: string, bound: Figure['bound'], beside?: Figure['beside']): Figure {
  return { name, value, unit, bound, ...(beside === undefined ? {} : { beside }) };
}

/** Some issues are at work: each has a record, a run that runs, and a pull request of its own. Returns their keys. */
async function takeOn(journal: Journal, world: World): Promise<readonly string[]> {
  const issues = world.linear.state.issues.slice(0, RUNNING);
  for (const [index, issue] of issues.entries()) {
    const at = Date.parse(issue.createdAt);
    await journal.claim(
      {
        issueId: issue.id,
        key: issue.identifier,
        project: 'cart',
        repository: REPOSITORY,
        baseBranch: BASE_BRANCH,
        attempt: 1,
        phase: 'active',
        reason: null,
        ticket: { title: issue.title, description: issue.description ?? '', url: '', comments: [] },
        claimedAt: at,
        claimedBy: { kind: 'person', id: 'ada', name: 'Ada', email: 'ada@acme.test' },
        claimedMove: `move-${issue.identifier}`,
        movedAt: at,
        branch: `${BRANCH_PREFIX}${index + 1}`,
        head: null,
        pullRequest: index + 1,
        mergeCommit: null,
        mergeVerified: false,
        approvals: [],
        revertOf: null,
        roundsFrom: at,
        resumedAt: at,
        stoppedAt: 0,
      },
      null,
    );
    const id = randomUUID();
    await journal.createRun({
      id,
      subject: { kind: 'issue', issueId: issue.id },
      issueKey: issue.identifier,
      repository: REPOSITORY,
      role: 'dev',
      cause: { kind: 'implement' },
      attempt: 1,
      sessionId: randomUUID(),
      createdAt: at,
    });
    assert.ok(await journal.takeRun(id), `the run of ${issue.identifier} is at work`);
  }
  return issues.map((issue) => issue.identifier);
}

interface Sight {
  readonly what: string;
  readonly seen: number;
  readonly of: number;
}

/** One change of each kind after an idle look: the next look must bring it in. */
async function whatIsSeen(
  world: World,
  look: () => Promise<Look>,
  journal: Journal,
  running: readonly string[],
): Promise<readonly Sight[]> {
  const { act } = world.linear;
  act.editIssue('ENG-50', { title: 'Issue 50, edited' }, 'grace');
  const edited = boardOf((await look()).outside).issues.filter((issue) => issue.title === 'Issue 50, edited').length;

  act.comment('ENG-2', '/stop', 'ada');
  await look();
  const commands = (await journal.openCommands()).length;

  // As far away as a person can take them: out of the board's states, which only a watch on the running ones notices.
  for (const key of running) act.moveIssue(key, 'Backlog', 'grace');
  const moved = boardOf((await look()).outside).issues.filter(
    (issue) => running.includes(issue.key) && issue.state.name === 'Backlog',
  ).length;

  // ENG-60 blocks ENG-80; its end does not touch the issue that waits for it.
  act.moveIssue(`ENG-${ISSUES - 2 * BLOCKED}`, 'Done', 'grace');
  const freed = boardOf((await look()).outside).issues.filter((issue) =>
    issue.blockers.some((blocker) => blocker.settled),
  ).length;
  act.block('ENG-55', 'ENG-56', 'grace');
  const blocked = boardOf((await look()).outside).issues.filter((issue) =>
    issue.blockers.some((blocker) => blocker.key === 'ENG-55'),
  ).length;
  return [
    { what: 'a changed issue', seen: edited, of: 1 },
    { what: 'a comment with an order', seen: commands, of: 1 },
    { what: 'each running issue taken off the board', seen: moved, of: running.length },
    { what: 'a blocker that is done', seen: freed, of: 1 },
    { what: 'a new blocker', seen: blocked, of: 1 },
  ];
}

/** Counts from here to the call of what it returns. */
function costOf(world: World): () => Cost {
  const [linearBefore, githubBefore] = [world.linear.requests.length, world.github.log.requests.length];
  return () => {
    const linear = world.linear.requests.slice(linearBefore);
    const github = world.github.log.requests.slice(githubBefore);
    const queries = github.filter((request) => request.kind === 'graphql');
    return {
      linearRequests: linear.length,
      linearPoints: linear.reduce((sum, request) => sum + request.complexity, 0),
      linearDearest: Math.max(0, ...linear.map((request) => request.complexity)),
      githubQueries: queries.length,
      githubPoints: queries.reduce((sum, request) => sum + request.points, 0),
      githubOther: github.length - queries.length,
    };
  };
}

function boardOf({ board }: Outside) {
  assert.ok(board.known, board.known ? '' : board.reason);
  return board.value;
}

function pullRequestsOf(outside: Outside) {
  const view = outside.repositories.get(REPOSITORY);
  assert.ok(view?.known, view?.known === false ? view.reason : 'not read');
  return view.value.pullRequests;
}

interface Naive {
  readonly issues: number;
  readonly requests: number;
  readonly points: number;
}

/** The same knowledge the way the SDK invites to: every relation a getter, every getter a request. */
async function naively(world: World): Promise<Naive> {
  const cost = costOf(world);
  const client = new LinearClient({ apiKey: SECRETS.LINEAR_API_KEY, apiUrl: world.linear.url });
  const filter = { team: { key: { eq: 'ENG' } }, state: { type: { in: ['unstarted', 'started'] } } };
  let page = await client.issues({ filter });
  while (page.pageInfo.hasNextPage) page = await page.fetchNext();
  for (const issue of page.nodes) {
    await issue.state;
    await issue.assignee;
    await issue.labels();
    for (const relation of (await issue.inverseRelations()).nodes) await (await relation.issue)?.state;
  }
  await client.comments({ filter: { issue: { team: { key: { eq: 'ENG' } } } } });
  const { linearRequests, linearPoints } = cost();
  return { issues: page.nodes.length, requests: linearRequests, points: linearPoints };
}
