// Check runs and commit statuses of a commit: the latest of each, what they add up to, and whether required ones are met.
import type { CheckRun, CommitStatus, Protection, Repository } from '../state.ts';

/** Everything GitHub counts on a commit: the newest run per app and name, the newest status per context. */
export interface CommitChecks {
  readonly runs: readonly CheckRun[];
  readonly statuses: readonly CommitStatus[];
}

/** One answer about one check. */
export type CheckOutcome = 'success' | 'pending' | 'failure';

/** The newest check runs and statuses of a commit, oldest first. */
export function checksOf(repository: Repository, sha: string): CommitChecks {
  const runs = new Map<string, CheckRun>();
  for (const run of repository.checkRuns.values()) if (run.sha === sha) runs.set(`${run.app.slug} ${run.name}`, run);
  const statuses = new Map<string, CommitStatus>();
  for (const status of repository.statuses) if (status.sha === sha) statuses.set(status.context, status);
  return { runs: [...runs.values()], statuses: [...statuses.values()] };
}

/** GitHub counts neutral and skipped as success, also where the check is required. */
function runOutcome(run: CheckRun): CheckOutcome {
  if (run.status !== 'completed') return 'pending';
  return run.conclusion === 'success' || run.conclusion === 'neutral' || run.conclusion === 'skipped'
    ? 'success'
    : 'failure';
}

export function statusOutcome(status: CommitStatus): CheckOutcome {
  return status.state === 'success' ? 'success' : status.state === 'pending' ? 'pending' : 'failure';
}

/** All checks of a commit as one state; null when it has none. */
export function rollupOf(checks: CommitChecks): 'SUCCESS' | 'PENDING' | 'FAILURE' | null {
  const outcomes = [...checks.runs.map(runOutcome), ...checks.statuses.map(statusOutcome)];
  if (outcomes.length === 0) return null;
  if (outcomes.includes('failure')) return 'FAILURE';
  return outcomes.includes('pending') ? 'PENDING' : 'SUCCESS';
}

/** Why required checks are not met, in GitHub's words; empty when they are. */
export function unmetChecks(protection: Protection | undefined, checks: CommitChecks): string[] {
  return requiredOutcomes(protection, checks).flatMap(([context, outcome]) =>
    outcome === 'success' ? [] : [`Required status check "${context}" is ${missing[outcome]}.`],
  );
}

const missing = { expected: 'expected', failure: 'failing', pending: 'pending' } as const;

/** All required checks together; one that nobody reported is waited for. */
export function requiredOutcome(protection: Protection | undefined, checks: CommitChecks): CheckOutcome {
  const outcomes = requiredOutcomes(protection, checks).map(([, outcome]) => outcome);
  if (outcomes.includes('failure')) return 'failure';
  return outcomes.every((outcome) => outcome === 'success') ? 'success' : 'pending';
}

function requiredOutcomes(
  protection: Protection | undefined,
  checks: CommitChecks,
): (readonly [context: string, outcome: CheckOutcome | 'expected'])[] {
  return (protection?.requiredStatusChecks?.checks ?? []).map((required) => {
    const runs = checks.runs.filter(
      (run) => run.name === required.context && (required.appSlug ?? run.app.slug) === run.app.slug,
    );
    const statuses =
      required.appSlug === null ? checks.statuses.filter((status) => status.context === required.context) : [];
    const outcomes = [...runs.map(runOutcome), ...statuses.map(statusOutcome)];
    if (outcomes.length === 0) return [required.context, 'expected'];
    if (outcomes.includes('failure')) return [required.context, 'failure'];
    return [required.context, outcomes.includes('pending') ? 'pending' : 'success'];
  });
}
