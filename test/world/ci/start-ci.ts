// A CI that really runs: each pushed head of an open pull request, and of the default branch, is checked out and its command executed.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Effect } from '../github/log.ts';
import type { GithubWorld } from '../github/start-github.ts';
import type { App, CheckRun } from '../github/state.ts';
import { checkOut } from './check-out.ts';
import { annotationsIn, type CommandEnd, type RunningCommand, runCommand } from './run-command.ts';

/** One job: a check of this name, success when the command ends with 0. */
export interface JobOptions {
  readonly name: string;
  readonly command: readonly string[];
  readonly timeoutMs: number;
}

/** One job on one commit. */
export interface JobSubject {
  readonly repository: string;
  readonly branch: string;
  readonly sha: string;
  readonly job: string;
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

  const enqueue = (repository: string, branch: string, sha: string, job: JobOptions, again: 'again' | 'once'): void => {
    const key = `${repository} ${sha} ${job.name}`;
    const before = attempts.get(key) ?? 0;
    if (closed || (before > 0 && again === 'once')) return;
    attempts.set(key, before + 1);
    const subject: JobSubject = { repository, branch, sha, job: job.name, attempt: before + 1 };
    const script = options.script?.(subject) ?? null;
    if (script !== null) {
      record(subject, playScript(options, subject, script), script.kind);
      return;
    }
    const run = github.checks.create(repository, app, sha, job.name);
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

  const enqueueAll = (repository: string, branch: string, sha: string): void => {
    for (const job of options.jobs) enqueue(repository, branch, sha, job, 'once');
  };

  const stop = github.onChange((effect) => {
    const state = github.state.repository(effect.repository);
    const head = headOf(effect);
    if (head !== null) enqueueAll(effect.repository, state.pullRequests.get(head.number)?.headRef ?? '', head.sha);
    if (effect.kind === 'push' && effect.ref === `refs/heads/${state.defaultBranch}` && effect.after !== null) {
      enqueueAll(effect.repository, state.defaultBranch, effect.after);
    }
    if (effect.kind === 'pull-request-reopened') {
      const pullRequest = state.pullRequests.get(effect.number);
      if (pullRequest !== undefined) enqueueAll(effect.repository, pullRequest.headRef, pullRequest.headSha);
    }
    if (effect.kind === 'check-rerequested') {
      for (const run of effect.checkRuns.map((id) => state.checkRuns.get(id))) {
        const job = options.jobs.find((one) => one.name === run?.name);
        const branch =
          [...state.pullRequests.values()].find((one) => one.headSha === effect.sha)?.headRef ?? state.defaultBranch;
        if (job !== undefined && run?.app.id === app.id) enqueue(effect.repository, branch, effect.sha, job, 'again');
      }
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

function headOf(effect: Effect): { readonly number: number; readonly sha: string } | null {
  return effect.kind === 'pull-request-created' || effect.kind === 'pull-request-head-moved' ? effect : null;
}

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
