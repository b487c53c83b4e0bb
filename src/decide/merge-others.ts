/**
 * A person's pull request that a person on the list asked to have merged: `/merge <sha>`. It passes the same gate as ours,
 * the order standing for the approval of that very commit; nothing is ever pushed to its branch.
 */
import type { Action } from '../domain/action.ts';
import type { Command } from '../domain/command.ts';
import type { DiffFacts, MergeMethod, PullRequest } from '../domain/pull-request.ts';
import { subjectKey } from '../domain/run.ts';
import type { ProjectSettings } from '../domain/settings.ts';
import type { Freeze, Snapshot } from '../domain/snapshot.ts';
import { isReview, no, type Verdict, wait } from '../domain/verdict.ts';
import { short } from './checks.ts';
import { effectStanding } from './effects.ts';
import { gate } from './gate.ts';
import { effectKey } from './issue-case.ts';

export interface AskedMerge {
  readonly snapshot: Snapshot;
  readonly project: ProjectSettings;
  readonly pullRequest: PullRequest;
  readonly diff: DiffFacts | null;
  readonly command: Command & { readonly verb: { readonly kind: 'merge'; readonly sha: string } };
  readonly baseBranch: string;
  readonly hasQueue: boolean;
  readonly frozen: Freeze | null;
  /** Where its review stands; a no when nothing more of it comes by itself. */
  readonly review: Verdict;
  /** Why the lane is not free now; null when it is. */
  readonly busy: string | null;
}

export interface AskedMergeStep {
  readonly verdict: Verdict;
  readonly actions: readonly Action[];
  /** It lands in its lane now, or may be doing so. */
  readonly lands: boolean;
}

/** Head, base and method stand in the key: what may be merged once, and what it is compared with afterwards. */
function othersMergeKey({ repository, number, head, base }: PullRequest, method: MergeMethod): string {
  return `merge:${subjectKey({ kind: 'pull-request', repository, number })}:${head}:${base}:${method}`;
}

export function mergeOthers(asked: AskedMerge): AskedMergeStep {
  const { snapshot, pullRequest, command, project, baseBranch } = asked;
  const { repository, number, head, base } = pullRequest;
  const rest = (verdict: Verdict, actions: readonly Action[] = []) => ({ verdict, actions, lands: false });
  const end = (outcome: string) => rest(no('merge', outcome), [...tell(asked, outcome), settle(command, outcome)]);

  if (pullRequest.state !== 'open') return end(`Pull request #${number} is ${pullRequest.state}.`);
  if (!head.startsWith(command.verb.sha))
    return end(`/merge ${short(command.verb.sha)} does not name the head of #${number}, which is ${short(head)}.`);
  if (snapshot.now - command.at > snapshot.settings.limits.approvalHoursMax * 3_600_000)
    return end(`The order to merge #${number} at ${short(head)} is too old. Comment "/merge ${short(head)}" again.`);
  if (asked.hasQueue)
    return end(`${baseBranch} merges through GitHub's queue: add pull request #${number} to it there.`);
  if (project.checks.length === 0) return end('No required checks are configured, so nothing is ever merged here.');

  const merging = effectStanding(
    snapshot.effects,
    othersMergeKey(pullRequest, project.mergeMethod),
    snapshot.now,
    command.at,
  );
  if (merging.kind === 'done')
    return rest(wait('merge', 'Merged; waiting for GitHub to show it.'), [settle(command, 'Merged.')]);
  if (merging.kind === 'refused') return end(`GitHub refused to merge #${number}: ${merging.error}`);

  const verdict = gateOf(asked);
  if (verdict.status !== 'yes')
    return rest(verdict, tell(asked, verdict.status === 'no' ? verdict.reason : stuck(asked)));
  if (asked.busy !== null) return rest(wait('merge', asked.busy, [verdict]));
  if (merging.kind === 'waiting') return { ...rest(wait('merge', merging.error, [verdict])), lands: true };
  const action: Action = {
    kind: 'merge',
    key: merging.key,
    issueId: null,
    repository,
    number,
    head,
    base,
    baseBranch,
    method: project.mergeMethod,
    title: `${pullRequest.title} (#${number})`,
    members: [],
    subject: subjectKey({ kind: 'pull-request', repository, number }),
    reason: `${command.by} asked for it. ${verdict.reason}`,
  };
  return { verdict: wait('merge', `Merging #${number} at ${short(head)}.`, [verdict]), actions: [action], lands: true };
}

function gateOf({ snapshot, project, pullRequest, diff, command, baseBranch, frozen }: AskedMerge): Verdict {
  const { repository, number, head } = pullRequest;
  const verdicts = snapshot.verdicts
    .filter(isReview)
    .filter((one) => one.repository === repository && one.number === number);
  const review =
    verdicts.findLast((one) => one.head === head && one.digest === diff?.digest) ?? verdicts.at(-1) ?? null;
  const posted =
    review === null ? null : effectStanding(snapshot.effects, effectKey.postReview(review.id), snapshot.now, 0);
  return gate({
    now: snapshot.now,
    settings: snapshot.settings,
    project,
    pullRequest,
    // Theirs: the head is whatever they pushed, and the order names it.
    ourHead: head,
    baseBranch,
    diff,
    review,
    authorRuns: [],
    reviewPosted: posted?.kind === 'done',
    approvals: [{ sha: head, by: command.by, at: command.at }],
    frozen: frozen?.reason ?? null,
  });
}

/** Why waiting does not help although nothing says no; null when it may. */
function stuck({ pullRequest, diff, baseBranch, review }: AskedMerge): string | null {
  // Nothing is pushed to people's branches. The base may move on many times: what they have to do stays the same.
  if (diff?.baseIsAncestor === false)
    return `${short(pullRequest.head)} is behind ${baseBranch}. Bring ${pullRequest.branch} up to date, then comment /merge with its new head.`;
  return review.status === 'no' ? review.reason : null;
}

/** Told once for each thing that stands in the way. */
function tell({ command, pullRequest }: AskedMerge, why: string | null): readonly Action[] {
  if (why === null) return [];
  const { repository, number } = pullRequest;
  const subject = subjectKey({ kind: 'pull-request', repository, number });
  const text = `${repository}#${number} is not merged, as ${command.by} asked: ${why}`;
  return [{ kind: 'report', key: `asked:${command.commentId}:${why}`, event: 'ready', text, subject, reason: text }];
}

function settle({ commentId }: Command, outcome: string): Action {
  return { kind: 'settle-command', commentId, outcome, reason: outcome };
}
