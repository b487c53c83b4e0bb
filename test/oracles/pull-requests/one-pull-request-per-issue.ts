// Did the bot open more than one pull request for one attempt at an issue, or more than one from one branch?
import { botPullRequests, nameOf } from '../facts/forge.ts';
import type { Oracle, Violation } from '../outside-world.ts';

export const onePullRequestPerIssue: Oracle = (world) => {
  const ours = botPullRequests(world);
  const violations: Violation[] = [];
  const byAttempt = new Map<string, number>();
  const byBranch = new Map<string, number>();
  for (const { number, issueId, attempt, issueKey, pullRequest } of ours) {
    if (issueId === null) {
      const detail = 'The bot opened it without its marker: after a restart nobody knows whose it is.';
      violations.push({ subject: nameOf(world, number), detail });
      continue;
    }
    const attempted = `${issueId} ${attempt}`;
    const first = byAttempt.get(attempted) ?? byBranch.get(pullRequest.headRef);
    if (first !== undefined) {
      const what = byAttempt.has(attempted)
        ? `attempt ${attempt} at ${issueKey ?? issueId}`
        : `branch ${pullRequest.headRef}`;
      violations.push({ subject: nameOf(world, number), detail: `#${first} is already the pull request of ${what}.` });
    }
    if (!byAttempt.has(attempted)) byAttempt.set(attempted, number);
    if (!byBranch.has(pullRequest.headRef)) byBranch.set(pullRequest.headRef, number);
  }
  return { observed: ours.length, violations };
};
