// The demo: the real bot as a process of its own against the whole world, until every issue has come to its end; then
// judges look at the outside, and a newcomer gets a table. With kills, the bot is killed outright on the way.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Status } from '../../src/heartbeat/status.ts';
import { createIsolation } from '../../src/isolation/create-isolation.ts';
import { judge } from '../oracles/judge.ts';
import type { OracleResult } from '../oracles/outside-world.ts';
import { type BotProcess, startBotProcess } from '../world/bot-process.ts';
import { createKiller, type Killer } from '../world/killer.ts';
import { processesUnder } from '../world/processes-under.ts';
import { seededRandom } from '../world/random.ts';
import { CHECK, REPOSITORY, startWorld, type World } from '../world/start-world.ts';
import { isGood, isInTime, secondsMax } from './is-good.ts';
import { type IssueOutcome, outcomeOf, type ReviewedPullRequest, reviewedPullRequests } from './outcomes.ts';
import { outsideOf } from './outside-of.ts';
import { letPeopleAct, type People } from './people.ts';
import { CI_COMMAND, sampleFiles, VERIFY_COMMAND } from './sample-files.ts';
import { demoScript } from './scripts/demo-script.ts';
import { openShow, type Show } from './show.ts';
import { demoPullRequest, demoTickets } from './tickets.ts';

export interface DemoOptions {
  readonly json: boolean;
  readonly keep: boolean;
  readonly reviewerIdentity: boolean;
  readonly seed: number;
  /** Times the bot is killed with SIGKILL. */
  readonly kills: number;
  /** Taking longer than the README says is a failure. */
  readonly assert?: boolean;
}

export interface DemoDocument {
  readonly schema: 1;
  readonly settled: boolean;
  readonly seconds: number;
  readonly issues: readonly DemoIssue[];
  readonly reviewed: readonly ReviewedPullRequest[];
  readonly requests: object;
  readonly oracles: readonly { readonly name: string; readonly observed: number }[];
  readonly violations: readonly { readonly oracle: string; readonly subject: string; readonly detail: string }[];
  readonly kills: Killer['kills'];
}

export interface DemoIssue extends Omit<IssueOutcome, 'headline'> {
  readonly expected: string;
  readonly costUsd: number;
  readonly reason: string;
}

/** Past this the demo says that it did not settle; the figures it is held to are tighter. */
const BOUND_MS = 180_000;
/** Each life is cut short, and the next begins with a start and a look. */
const BOUND_MS_PER_KILL = 5_000;
const LOOK_MS = 200;
/** Ticks that change nothing before the bot is taken to have come to rest. */
const QUIET_LOOKS = 3;

/** Returns the exit code: 0 only when every issue came to the end it should and no judge objects. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const started = performance.now();
  const random = seededRandom(options.seed);
  const root = await mkdtemp(join(tmpdir(), 'heartline demo '));
  const bwrap = (await createIsolation({ driver: 'bwrap' }).probe()) === null;
  const show = openShow({ json: options.json, tickets: demoTickets });
  if (!bwrap)
    show.say(
      'bubblewrap does not work here, so agents run without isolation in this demo; the bot itself would refuse to start.',
    );

  let bot: BotProcess | null = null;
  const killer = createKiller(options.kills, random, async () => {
    const last = killer.kills.at(-1);
    show.say(`SIGKILL at ${last?.at}`);
    await bot?.kill();
  });
  const world = await startWorld({
    root,
    issues: demoTickets.map(({ title, description, priority, labels, blockedBy, movedBy }) => ({
      title,
      description,
      priority,
      labels,
      blockedBy,
      movedBy,
    })),
    project: { labels: ['heartline'] },
    files: sampleFiles(),
    script: demoScript,
    jobs: [{ name: CHECK, command: CI_COMMAND, timeoutMs: 30_000 }],
    verify: [VERIFY_COMMAND],
    twoIdentities: options.reviewerIdentity,
    isolation: bwrap ? 'bwrap' : 'none',
    modelLatencyMs: 20 + random.below(30),
    onEffect: killer.onEffect,
  });
  await openPullRequestOfAPerson(world);
  let died: string | null = null;
  bot = startBotProcess({
    world,
    onReport: (line) => show.say(line),
    onLog: show.log,
    onDeath: (why) => {
      died = why;
    },
  });
  const people = letPeopleAct(world, demoTickets, (deed) => show.say(deed));
  const stopOnInterrupt = (): void => void finish(bot, world, people, root, false).then(() => process.exit(130));
  process.once('SIGINT', stopOnInterrupt);
  const boundMs = BOUND_MS + BOUND_MS_PER_KILL * options.kills;
  try {
    await bot.ready();
    const over = (): boolean => died !== null || performance.now() - started > boundMs;
    const { settled, status } = await watch(world, bot, killer, people, show, started, over);
    const stopped = await bot.stop();
    const document = await report({
      world,
      killer,
      status,
      settled,
      seconds: (performance.now() - started) / 1000,
      root,
      stopped,
      died,
    });
    show.end(document);
    if (options.json) process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    if (options.assert === true && !isInTime(document, options))
      process.stderr.write(`short: it took ${document.seconds} s, wanted at most ${secondsMax(options)}\n`);
    if (options.keep) await keepServing(world, show);
    return isGood(document, options) ? 0 : 1;
  } finally {
    show.close();
    process.removeListener('SIGINT', stopOnInterrupt);
    await finish(bot, world, people, root, options.keep);
  }
}

async function finish(
  bot: BotProcess | null,
  world: World,
  people: People,
  root: string,
  keep: boolean,
): Promise<void> {
  people.leave();
  if (bot?.pid() != null) await bot.stop();
  await world.close();
  if (!keep) await rm(root, { recursive: true, force: true, maxRetries: 3 });
}

/** Looks until every issue has ended and the bot has come to rest, or the bound is reached. */
async function watch(
  world: World,
  bot: BotProcess,
  killer: Killer,
  people: People,
  show: Show,
  started: number,
  over: () => boolean,
): Promise<{ readonly settled: boolean; readonly status: Status | null }> {
  let last: Status | null = null;
  let quiet = 0;
  while (!over()) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const status = await bot.status();
    const rested =
      status !== null && status.sessions.length === 0 && last !== null && status.heart.ticks > last.heart.ticks;
    quiet = ended(world) && people.atRest() ? (rested ? quiet + 1 : status?.sessions.length === 0 ? quiet : 0) : 0;
    last = status ?? last;
    show.board(world, last, (performance.now() - started) / 1000);
    if (quiet >= QUIET_LOOKS && killer.done()) return { settled: true, status: last };
    // All is over and kills are left: whoever asked for them gets them while nothing is in flight.
    if (quiet >= QUIET_LOOKS) {
      await killer.killIdle();
      await bot.ready();
      quiet = 0;
      last = null;
    }
  }
  return { settled: false, status: last };
}

function ended(world: World): boolean {
  return (
    demoTickets.every((ticket) => {
      const { outcome, headline } = outcomeOf(world, ticket.key);
      if (outcome !== ticket.expected.outcome) return false;
      return outcome !== 'cancelled' || headline === null || headline.startsWith('**Stopped.**');
    }) && reviewedPullRequests(world).length > 0
  );
}

async function openPullRequestOfAPerson(world: World): Promise<void> {
  const { author, branch, title, body, commits } = demoPullRequest;
  for (const commit of commits) await world.github.act.pushCommit(REPOSITORY, branch, author, commit);
  await world.github.act.openPullRequest(REPOSITORY, author, { head: branch, title, body });
}

interface Ending {
  readonly world: World;
  readonly killer: Killer;
  readonly status: Status | null;
  readonly settled: boolean;
  readonly seconds: number;
  readonly root: string;
  readonly stopped: number | null;
  readonly died: string | null;
}

async function report({ world, killer, status, settled, seconds, root, stopped, died }: Ending): Promise<DemoDocument> {
  const results: readonly OracleResult[] = await judge(outsideOf(world));
  const left = await processesUnder(root);
  const processes: OracleResult = {
    name: 'nothing-left-running',
    observed: 1,
    violations: [
      ...left.map((process) => ({ subject: 'processes', detail: `still running after the bot stopped: ${process}` })),
      ...(died === null ? [] : [{ subject: 'bot', detail: died }]),
      ...(stopped === 0 ? [] : [{ subject: 'bot', detail: `ended with ${stopped} when it was told to stop` }]),
    ],
  };
  const all = [...results, processes];
  const github = world.github.log.counts();
  return {
    schema: 1,
    settled,
    seconds: Math.round(seconds * 10) / 10,
    issues: demoTickets.map((ticket) => {
      const { headline, ...outcome } = outcomeOf(world, ticket.key);
      const view = status?.issues.find((one) => one.key === ticket.key);
      return {
        ...outcome,
        expected: ticket.expected.outcome,
        costUsd: (view?.microUsd ?? 0) / 1_000_000,
        reason: view?.verdict.reason ?? headline ?? '',
      };
    }),
    reviewed: reviewedPullRequests(world),
    requests: {
      linear: {
        count: world.linear.requests.length,
        complexity: world.linear.requests.reduce((sum, request) => sum + request.complexity, 0),
        writes: world.linear.requests.filter((request) => request.kind === 'write').length,
      },
      github: {
        rest: github.rest,
        graphql: github.graphql,
        points: github.points,
        notModified: github.notModified,
        contentWrites: github.contentWrites,
      },
      model: world.models.totals,
    },
    oracles: all.map(({ name, observed }) => ({ name, observed })),
    violations: all.flatMap((one) => one.violations.map((violation) => ({ oracle: one.name, ...violation }))),
    kills: killer.kills,
  };
}

async function keepServing(world: World, show: Show): Promise<void> {
  show.say(
    `The world goes on serving until Ctrl-C. Linear ${world.linear.url}, GitHub ${world.github.url}, models ${world.models.url}; settings ${world.config}`,
  );
  const secrets = Object.entries(world.env).map(([name, value]) => `${name}=${value}`);
  show.say(`To talk to it: ${secrets.join(' ')}`);
  await new Promise<void>((resolve) => process.once('SIGTERM', () => resolve()).once('SIGINT', () => resolve()));
}
