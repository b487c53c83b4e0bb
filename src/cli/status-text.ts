/** A status as text: what could not be read first, then issues by where they stand, sessions, money, the next look. */
import type { IssueView } from '../decide/issue-view.ts';
import { limitText } from '../decide/limit-words.ts';
import { dollars } from '../decide/words.ts';
import type { Verdict } from '../domain/verdict.ts';
import type { Status } from '../heartbeat/status.ts';

export function statusText(status: Status): string {
  const unread = [status.reads.linear, ...Object.values(status.reads.repositories)].filter((reason) => reason !== null);
  return [
    ...unread.map((reason) => `Could not be read: ${reason}`),
    ...(status.configFault === null ? [] : [`The edited config is not in force: ${status.configFault}`]),
    ...(
      [
        ['Linear', status.limits.linear],
        ['GitHub', status.limits.github],
      ] as const
    ).flatMap(([name, limit]) => (limit.level === 'normal' ? [] : [limitText(name, limit)])),
    ...Object.entries(status.frozen).map(([repository, reason]) => `Frozen ${repository}: ${reason}`),
    ...status.issues.map(issueLine),
    ...status.pullRequests.map((one) => `${one.repository}#${one.number} by ${one.author}: ${one.verdict.reason}`),
    ...(status.issues.length + status.pullRequests.length === 0 && unread.length === 0
      ? ['No eligible work on the board.']
      : []),
    ...status.sessions.map(
      (session) =>
        `${session.role} ${session.issueKey ?? ''} ${session.doing} (turn ${session.turns}, ${dollars(session.microUsd)})`,
    ),
    `Today ${dollars(status.money.dayMicroUsd)} of ${dollars(status.money.dayMicroUsdMax)}. Last look ${time(status.heart.lastTickAt)}, next ${time(status.heart.nextLookAt)}.`,
    '',
  ].join('\n');
}

function issueLine(issue: IssueView): string {
  const pull = issue.pullRequest === null ? '' : ` #${issue.pullRequest}`;
  return `${issue.key}${pull} ${issue.phase === 'active' ? (issue.stage ?? 'active') : issue.phase}: ${issue.verdict.reason} (${dollars(issue.microUsd)})`;
}

/** A verdict with everything beneath it, a line each. */
export function verdictLines(verdict: Verdict, depth = 0): readonly string[] {
  const sign = { yes: 'ok  ', no: 'NO  ', wait: 'wait' }[verdict.status];
  return [
    `${'  '.repeat(depth)}${sign} ${verdict.name}: ${verdict.reason}`,
    ...verdict.children.flatMap((child) => verdictLines(child, depth + 1)),
  ];
}

function time(at: number | null): string {
  return at === null ? 'never' : new Date(at).toISOString();
}
