// What GitHub's log says about the judged repository: whose pull requests there are, and what the bot did by its own hand.
import type { Effect } from '../../world/github/log.ts';
import type { PullRequest, Repository } from '../../world/github/state.ts';
import type { OutsideWorld } from '../outside-world.ts';

/** All branches of the bot start with this. */
export const branchPrefix = 'heartline/';

/** An effect written down for several kinds at once is one of each of them. */
export type EffectOf<Kind extends Effect['kind']> = Effect extends infer One
  ? One extends { kind: infer Own }
    ? Kind extends Own
      ? One & { readonly kind: Kind }
      : never
    : never
  : never;

export function repositoryOf(world: OutsideWorld): Repository {
  return world.github.state.repository(world.repository);
}

/** Everything that happened to the repository, oldest first. */
export function effectsOf(world: OutsideWorld): readonly Effect[] {
  return world.github.log.effects.filter((effect) => effect.repository === world.repository);
}

export function effectsOfKind<Kind extends Effect['kind']>(world: OutsideWorld, kind: Kind): readonly EffectOf<Kind>[] {
  return effectsOf(world).filter((effect): effect is EffectOf<Kind> => effect.kind === kind);
}

/** By the door, not by the name alone: a token may act under the name of a person who also acts for herself. */
export function isBots(world: OutsideWorld, effect: Effect): boolean {
  return effect.via !== 'person' && effect.via !== 'ci' && world.botLogins.includes(effect.actor);
}

export function botMerges(world: OutsideWorld): readonly EffectOf<'merge'>[] {
  return effectsOfKind(world, 'merge').filter((effect) => isBots(world, effect) && effect.base === world.baseBranch);
}

/** Several pull requests of the bot, tested and merged as one of their own. */
function isBatch({ headRef, body }: PullRequest): boolean {
  return headRef.startsWith(`${branchPrefix}batch/`) && body?.includes('<!-- heartline:batch:') === true;
}

/** The merge of a batch by which this one landed too; null for one that was merged by itself. */
export function broughtBy(world: OutsideWorld, merge: EffectOf<'merge'>): EffectOf<'merge'> | null {
  if (merge.method !== 'push') return null;
  const { pullRequests } = repositoryOf(world);
  const direct = botMerges(world).find((one) => one.method !== 'push' && one.mergeCommit === merge.mergeCommit);
  const pullRequest = direct === undefined ? undefined : pullRequests.get(direct.number);
  return direct !== undefined && pullRequest !== undefined && isBatch(pullRequest) ? direct : null;
}

/** Merges of what was judged as it is: those of batches are their members' alone. */
export function judgedMerges(world: OutsideWorld): readonly EffectOf<'merge'>[] {
  const { pullRequests } = repositoryOf(world);
  return botMerges(world).filter(({ number }) => {
    const pullRequest = pullRequests.get(number);
    return pullRequest === undefined || !isBatch(pullRequest);
  });
}

/** A pull request the bot opened; issue and attempt come from the marker in its text. */
export interface BotPullRequest {
  readonly number: number;
  readonly issueId: string | null;
  readonly attempt: number | null;
  /** Null when the marker names no issue on the board. */
  readonly issueKey: string | null;
  readonly pullRequest: PullRequest;
}

export function botPullRequests(world: OutsideWorld): readonly BotPullRequest[] {
  const single = openedBy(world, true).filter((pullRequest) => !isBatch(pullRequest));
  return single.map((pullRequest) => {
    const marker = /<!-- heartline:issue:(.+?):(\d+) -->/.exec(pullRequest.body ?? '');
    const issueId = marker?.[1] ?? null;
    const issueKey = world.linear.state.issues.find((issue) => issue.id === issueId)?.identifier ?? null;
    const attempt = marker === null ? null : Number(marker[2]);
    return { number: pullRequest.number, issueId, attempt, issueKey, pullRequest };
  });
}

/**
 * The merge that a later one of the bot takes back: its branch and text say so, it is of the same issue, and CI had found
 * a required check red on exactly the commit that is named. Null for any other merge.
 */
export function takenBackBy(world: OutsideWorld, merge: EffectOf<'merge'>): EffectOf<'merge'> | null {
  const ours = botPullRequests(world);
  const revert = ours.find((one) => one.number === merge.number);
  if (revert === undefined || !/-revert-\d+$/.test(revert.pullRequest.headRef)) return null;
  const named = /\btakes back ([0-9a-f]{40})\b/.exec(revert.pullRequest.body ?? '')?.[1];
  const taken = botMerges(world).find((one) => one.mergeCommit === named && one.sequence < merge.sequence);
  const sameIssue = ours.some((one) => one.number === taken?.number && one.issueId === revert.issueId);
  return taken !== undefined && sameIssue && turnedRed(world, taken.mergeCommit) ? taken : null;
}

function turnedRed(world: OutsideWorld, sha: string): boolean {
  return effectsOfKind(world, 'check-run').some(
    (run) =>
      run.sha === sha &&
      (run.conclusion === 'failure' || run.conclusion === 'timed_out') &&
      world.requiredChecks.some(({ name, app }) => name === run.name && (app === null || app === run.app)),
  );
}

/** Pull requests somebody else opened. */
export function peoplesPullRequests(world: OutsideWorld): readonly PullRequest[] {
  return openedBy(world, false);
}

export function nameOf(world: OutsideWorld, number: number): string {
  return `${world.repository}#${number}`;
}

export function short(sha: string): string {
  return sha.slice(0, 7);
}

function openedBy(world: OutsideWorld, bot: boolean): readonly PullRequest[] {
  const { pullRequests } = repositoryOf(world);
  return effectsOfKind(world, 'pull-request-created').flatMap((effect) => {
    const pullRequest = pullRequests.get(effect.number);
    return pullRequest !== undefined && isBots(world, effect) === bot ? [pullRequest] : [];
  });
}
