// Commit statuses, which anybody with write access may set, and check runs, which belong to an app.
import { resolveCommit } from '../git/bare-repository.ts';
import { notFound, Refusal } from '../refusal.ts';
import type { Annotation, App, CheckConclusion, CheckRun, CheckSuite, CommitStatus, Repository } from '../state.ts';
import { type Actor, hasRole, nextId, recordEffect, timeOf, type World } from '../world.ts';

/** What a new status says. */
export interface NewStatus {
  readonly sha: string;
  readonly context: string;
  readonly state: CommitStatus['state'];
  readonly description: string | null;
  readonly targetUrl: string | null;
}

/** Sets a status; a newer one for the same context and commit replaces the older. */
export async function setStatus(
  world: World,
  repository: Repository,
  actor: Actor,
  wanted: NewStatus,
): Promise<CommitStatus> {
  if (!hasRole(repository, actor.login, 'write')) throw notFound();
  const { sha } = wanted;
  if (!/^[0-9a-f]{40}$/.test(sha) || (await resolveCommit(repository.directory, sha)) !== sha) {
    throw new Refusal(422, `No commit found for SHA: ${sha}`);
  }
  if ((wanted.description ?? '').length > 140) {
    throw new Refusal(422, 'Validation Failed', [
      {
        resource: 'Status',
        code: 'custom',
        field: 'description',
        message: 'description is too long (maximum is 140 characters)',
      },
    ]);
  }
  const status: CommitStatus = { ...wanted, id: nextId(world), creator: actor.login, createdAt: timeOf(world) };
  repository.statuses.push(status);
  recordEffect(world, repository, actor, {
    kind: 'status',
    sha,
    context: status.context,
    state: status.state,
    description: status.description,
  });
  return status;
}

/** The actor an app's own acts are written down under. */
function appActor(app: App): Actor {
  return { login: `${app.slug}[bot]`, via: 'ci' };
}

/** A queued check run on a commit, in the app's one suite for it. */
export function createCheckRun(world: World, repository: Repository, app: App, sha: string, name: string): CheckRun {
  const run: CheckRun = {
    id: nextId(world),
    suite: suiteOf(world, repository, app, sha).id,
    sha,
    name,
    app,
    status: 'queued',
    conclusion: null,
    startedAt: null,
    completedAt: null,
    output: { title: null, summary: null, text: null },
    annotations: [],
    log: '',
  };
  repository.checkRuns.set(run.id, run);
  recordRun(world, repository, run);
  return run;
}

export function startCheckRun(world: World, repository: Repository, run: CheckRun): void {
  run.status = 'in_progress';
  run.startedAt = timeOf(world);
  recordRun(world, repository, run);
}

/** How a check run ended. */
export interface CheckEnding {
  readonly conclusion: CheckConclusion;
  readonly title: string;
  readonly summary: string;
  readonly text?: string;
  readonly annotations?: readonly Annotation[];
  readonly log: string;
}

export function completeCheckRun(world: World, repository: Repository, run: CheckRun, ending: CheckEnding): void {
  run.startedAt ??= timeOf(world);
  run.status = 'completed';
  run.conclusion = ending.conclusion;
  run.completedAt = timeOf(world);
  run.output = { title: ending.title, summary: ending.summary, text: ending.text ?? null };
  run.annotations = ending.annotations ?? [];
  run.log = ending.log;
  recordRun(world, repository, run);
}

/** Asks the app to run these again; whoever plays the app hears of it through onChange. */
export function rerequestChecks(world: World, repository: Repository, actor: Actor, runs: readonly CheckRun[]): void {
  const [first] = runs;
  if (first === undefined) throw notFound();
  if (!hasRole(repository, actor.login, 'write')) throw new Refusal(403, 'Must have write access to this repository.');
  recordEffect(world, repository, actor, {
    kind: 'check-rerequested',
    sha: first.sha,
    checkRuns: runs.map((run) => run.id),
  });
}

function suiteOf(world: World, repository: Repository, app: App, sha: string): CheckSuite {
  for (const suite of repository.checkSuites.values()) if (suite.sha === sha && suite.app.id === app.id) return suite;
  const suite: CheckSuite = { id: nextId(world), sha, app };
  repository.checkSuites.set(suite.id, suite);
  return suite;
}

function recordRun(world: World, repository: Repository, run: CheckRun): void {
  recordEffect(world, repository, appActor(run.app), {
    kind: 'check-run',
    checkRun: run.id,
    sha: run.sha,
    name: run.name,
    app: run.app.slug,
    status: run.status,
    conclusion: run.conclusion,
  });
}
