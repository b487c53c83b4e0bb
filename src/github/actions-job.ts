/** GitHub's own CI: its app, and the number by which its interface knows the job behind a check run. */

export const ACTIONS_APP = 'github-actions';

/** Actions numbers a job like its check run; the link is asked first because it says so. */
export function jobIdOf(checkRunId: number, url: string | null): number {
  const job = /\/job\/(\d+)/.exec(url ?? '')?.[1];
  return job === undefined ? checkRunId : Number(job);
}
