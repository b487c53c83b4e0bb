// Did the bot open more than one pull request for one attempt at an issue, or have two open for it at once?
import { botPullRequests, nameOf } from '../facts/forge.ts';
import type { Oracle, Violation } from '../outside-world.ts';

export const onePullRequestPerIssue: Oracle = (world) => {
  const ours = botPullRequests(world);
  const violations: Violation[] = [];
  const byAttempt = new Map<string, number>();
  const byBranch = new Map<string, number>();
  const openOf = new Map<string, number>();
  const once = (seen: Map<string, number>, key: string, number: number, what: string) => {
    const first = seen.get(key);
    if (first === undefined) seen.set(key, number);
    else violations.push({ subject: nameOf(world, number), detail: `#${first} is already ${what}.` });
  };
  for (const { number, issueId, attempt, issueKey, pullRequest } of ours) {
    if (issueId === null) {
      const detail = 'The bot opened it without its marker: after a restart nobody knows whose it is.';
      violations.push({ subject: nameOf(world, number), detail });
      continue;
    }
    const issue = issueKey ?? issueId;
    once(byAttempt, `${issueId} ${attempt}`, number, `the pull request of attempt ${attempt} at ${issue}`);
    const sameBranch = byAttempt.get(`${issueId} ${attempt}`) !== number;
    if (!sameBranch) once(byBranch, pullRequest.headRef, number, `the pull request of branch ${pullRequest.headRef}`);
    if (pullRequest.state === 'open' && !sameBranch) once(openOf, issueId, number, `open for ${issue}`);
  }
  return { observed: ours.length, violations };
};
