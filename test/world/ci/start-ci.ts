// A CI that really runs: each pushed head of an open pull request and of a base branch, and each merge group, is checked out
// and its command executed.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rulesFor } from '../github/facts/branch-rules.ts';
import type { Effect } from '../github/log.ts';
import type { GithubWorld } from '../github/start-github.ts';
import type { App, CheckRun, Repository } from '../github/state.ts';
import { checkOut } from './check-out.ts';
import { annotationsIn, type CommandEnd, type RunningCommand, runCommand } from './run-command.ts';

/** One job: a check of this name, success when the command ends with 0. */
export interface JobOptions {
  readonly name: string;
  readonly command: readonly string[];
  readonly timeoutMs: number;
  /** What it runs for; everything when absent. A queue waits for ever for a job that does not listen to `merge_group`. */
  readonly events?: readonly CiEvent[];
  /** Fails the first time on each commit without having run, as an unlucky machine does. */
  readonly failsFirst?: boolean;
}

/** Why a job runs; the command sees it as GITHUB_EVENT_NAME. */
export type CiEvent = 'pull_request' | 'push' | 'merge_group';

/** One job on one commit. */
export interface JobSubject {
  readonly repository: string;
  readonly branch: string;
  readonly sha: string;
  readonly job: string;
  readonly event: CiEvent;
  /** From 1; more after a re-request. */
  readonly attempt: number;
}

/** What a test may have a job do instead of running. */
export type Script =
  | { readonly kind: 'skipped' }
  | { readonly kind: 'neutral' }
  | { readonly kind: 'stay-queued' }
  | { readonly kind: 'never-reported' }
  /** Success, but reported by this app. */
  | { readonly kind: 'wrong-app'; readonly app: App }
  /** Fails without having run, as an unlucky machine does; the next attempt is asked for anew. */
  | { readonly kind: 'flaky' };

export interface CiOptions {
  readonly github: GithubWorld;
  readonly app: App;
  readonly jobs: readonly JobOptions[];
  readonly concurrency: number;
  /** Added to the few variables a job sees. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly script?: (subject: JobSubject) => Script | null;
}

/** What a job did, for those who judge from outside. */
export interface JobRecord extends JobSubject {
  readonly checkRun: number | null;
  readonly outcome: 'running' | 'success' | 'failure' | 'cancelled' | Script['kind'];
}

/** A running CI. */
export interface Ci {
  readonly records: readonly JobRecord[];
  /** Resolves when nothing runs and nothing waits to. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

interface Queued {
  readonly subject: JobSubject;
  readonly job: JobOptions;
  readonly run: CheckRun;
}

/** Listens to the world's pushes from now on. */
export function startCi(options: CiOptions): Ci {
  const { github, app } = options;
  const records: JobRecord[] = [];
  const queue: Queued[] = [];
  const running = new Set<Promise<void>>();
  const commands = new Set<RunningCommand>();
  const attempts = new Map<string, number>();
  let closed = false;

  const record = (subject: JobSubject, run: CheckRun | null, outcome: JobRecord['outcome']): void => {
    const found = records.findIndex((one) => run !== null && one.checkRun === run.id);
    const entry = { ...subject, checkRun: run?.id ?? null, outcome };
    if (found < 0) records.push(entry);
    else records[found] = entry;
  };

  const enqueue = (place: Place, job: JobOptions, again: 'again' | 'once'): void => {
    // The same commit is tested once for each reason: what passed on a branch is run again when it becomes the base.
    const key = `${place.repository} ${place.sha} ${job.name} ${place.event}`;
    const before = attempts.get(key) ?? 0;
    if (closed || (before > 0 && again === 'once')) return;
    attempts.set(key, before + 1);
    const subject: JobSubject = { ...place, job: job.name, attempt: before + 1 };
    const unlucky = job.failsFirst === true && subject.attempt === 1;
    const script = options.script?.(subject) ?? (unlucky ? { kind: 'flaky' as const } : null);
    if (script !== null) {
      record(subject, playScript(options, subject, script), script.kind);
      return;
    }
    const run = github.checks.create(place.repository, app, place.sha, job.name);
    record(subject, run, 'running');
    queue.push({ subject, job, run });
    next();
  };

  const next = (): void => {
    while (!closed && running.size < options.concurrency) {
      const queued = queue.shift();
      if (queued === undefined) return;
      const work = runJob(options, queued, commands)
        .then((outcome) => record(queued.subject, queued.run, outcome))
        .finally(() => {
          running.delete(work);
          next();
        });
      running.add(work);
    }
  };

  const enqueueAll = (place: Place): void => {
    const jobs = options.jobs.filter((job) => job.events?.includes(place.event) ?? true);
    for (const job of jobs) enqueue(place, job, 'once');
  };

  const stop = github.onChange((effect) => {
    const { repository } = effect;
    const state = github.state.repository(repository);
    const place = placeOf(state, effect);
    if (place !== null) enqueueAll({ repository, ...place });
    if (effect.kind !== 'check-rerequested') return;
    for (const id of effect.checkRuns) {
      const before = records.find((one) => one.checkRun === id);
      const job = options.jobs.find((one) => one.name === before?.job);
      if (before === undefined || job === undefined || state.checkRuns.get(id)?.app.id !== app.id) continue;
      const { branch, sha, event } = before;
      enqueue({ repository, branch, sha, event }, job, 'again');
    }
  });

  const settle = async (): Promise<void> => {
    while (running.size > 0) await Promise.all(running);
  };
  return {
    records,
    idle: settle,
    close: async () => {
      closed = true;
      stop();
      for (const command of commands) command.kill();
      await settle();
    },
  };
}

type Place = Pick<JobSubject, 'repository' | 'branch' | 'sha' | 'event'>;

/** What an effect gives CI to test, if anything. */
function placeOf(state: Repository, effect: Effect): Omit<Place, 'repository'> | null {
  switch (effect.kind) {
    case 'pull-request-created':
    case 'pull-request-head-moved':
    case 'pull-request-reopened': {
      const pullRequest = state.pullRequests.get(effect.number);
      if (pullRequest === undefined) return null;
      const sha = 'sha' in effect ? effect.sha : pullRequest.headSha;
      return { branch: pullRequest.headRef, sha, event: 'pull_request' };
    }
    case 'merge-group':
      return { branch: effect.ref.slice(headsPrefix.length), sha: effect.sha, event: 'merge_group' };
    case 'push': {
      const branch = effect.ref.startsWith(headsPrefix) ? effect.ref.slice(headsPrefix.length) : null;
      const isBase = branch === state.defaultBranch || (branch !== null && rulesFor(state, branch) !== undefined);
      return isBase && effect.after !== null ? { branch, sha: effect.after, event: 'push' } : null;
    }
    default:
      return null;
  }
}

const headsPrefix = 'refs/heads/';

async function runJob(
  options: CiOptions,
  queued: Queued,
  commands: Set<RunningCommand>,
): Promise<'success' | 'failure' | 'cancelled'> {
  const { subject, job, run } = queued;
  const { checks, state } = options.github;
  checks.start(subject.repository, run);
  const folder = await mkdtemp(join(tmpdir(), 'ci '));
  try {
    await checkOut(state.repository(subject.repository).directory, subject.sha, folder);
    const environment = {
      CI: 'true',
      GITHUB_SHA: subject.sha,
      GITHUB_REF_NAME: subject.branch,
      GITHUB_EVENT_NAME: subject.event,
      ...options.environment,
    };
    const command = runCommand(job.command, join(folder, 'work'), environment, job.timeoutMs);
    commands.add(command);
    const end = await command.ended;
    commands.delete(command);
    const conclusion =
      end.kind === 'exit'
        ? end.code === 0
          ? 'success'
          : 'failure'
        : end.kind === 'timeout'
          ? 'timed_out'
          : 'cancelled';
    checks.complete(subject.repository, run, {
      conclusion,
      title: titleOf(job, end),
      summary: summaryOf(job, end),
      log: end.output,
      annotations: conclusion === 'failure' ? annotationsIn(end.output, join(folder, 'work')) : [],
    });
    return conclusion === 'success' ? 'success' : conclusion === 'cancelled' ? 'cancelled' : 'failure';
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    checks.complete(subject.repository, run, {
      conclusion: 'failure',
      title: 'The job could not be started',
      summary: why,
      log: `${why}\n`,
    });
    return 'failure';
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function titleOf(job: JobOptions, end: CommandEnd): string {
  switch (end.kind) {
    case 'exit':
      return end.code === 0 ? `${job.name} passed` : `${job.name} failed with exit code ${end.code}`;
    case 'timeout':
      return `${job.name} did not end within ${job.timeoutMs} ms`;
    case 'killed':
      return `${job.name} was cancelled`;
  }
}

const summaryLines = 40;

function summaryOf(job: JobOptions, end: CommandEnd): string {
  const tail = end.output.trimEnd().split('\n').slice(-summaryLines).join('\n');
  return `\`${job.command.join(' ')}\`\n\n\`\`\`\n${tail}\n\`\`\``;
}

/** Plays what the test wants instead; gives the check run, if there is one. */
function playScript(options: CiOptions, subject: JobSubject, script: Script): CheckRun | null {
  if (script.kind === 'never-reported') return null;
  const { checks } = options.github;
  const run = checks.create(
    subject.repository,
    script.kind === 'wrong-app' ? script.app : options.app,
    subject.sha,
    subject.job,
  );
  const complete = (conclusion: 'skipped' | 'neutral' | 'success' | 'failure', title: string) =>
    checks.complete(subject.repository, run, { conclusion, title, summary: title, log: `${title}\n` });
  switch (script.kind) {
    case 'stay-queued':
      break;
    case 'skipped':
      complete('skipped', 'This job was skipped');
      break;
    case 'neutral':
      complete('neutral', 'This job has no opinion');
      break;
    case 'wrong-app':
      complete('success', 'Reported by another app');
      break;
    case 'flaky':
      complete('failure', 'The machine lost its connection');
      break;
  }
  return run;
}
