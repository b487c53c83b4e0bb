/** Runs a whole check once more on the same commit: a job of GitHub's own CI, or a check run of another app. */
import { z } from 'zod';
import { OutsideError } from '../domain/outside-error.ts';
import type { Check } from '../domain/pull-request.ts';
import { ACTIONS_APP, jobIdOf } from './actions-job.ts';
import type { GithubClient } from './github-client.ts';
import { pathOf } from './repository-name.ts';

/** GitHub answers 403 for these as it does for a missing right, but no other token would change them. */
const CANNOT_RUN = /already (running|queued|in progress)|over a month ago|cannot be (re-?run|retried)|unable to retry/i;

export async function rerunCheck(client: GithubClient, repository: string, check: Check): Promise<void> {
  const attempted = `run ${check.name} once more in ${repository}`;
  if (check.kind === 'status' || check.id === null) {
    const detail = `${check.name} is a commit status, which nobody but ${check.app ?? 'whoever set it'} can set anew`;
    throw new OutsideError('refused', attempted, `${detail}: start it there, or push to the branch`);
  }
  const path = pathOf(repository);
  const call =
    check.app === ACTIONS_APP
      ? {
          attempted,
          route: 'POST /repos/{owner}/{repo}/actions/jobs/{job_id}/rerun',
          parameters: { ...path, job_id: jobIdOf(check.id, check.url) },
        }
      : {
          attempted,
          route: 'POST /repos/{owner}/{repo}/check-runs/{check_run_id}/rerequest',
          parameters: { ...path, check_run_id: check.id },
        };
  try {
    await client.rest(call, z.unknown());
  } catch (error) {
    const cannot = error instanceof OutsideError && error.kind === 'unauthorised' && CANNOT_RUN.test(error.message);
    throw cannot ? new OutsideError('refused', attempted, error.message, { cause: error }) : error;
  }
}
