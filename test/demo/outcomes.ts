// What became of each issue, told from outside: the board on Linear, the pull requests and merges on GitHub.
import type { PullRequest } from '../world/github/state.ts';
import { CHECK, REPOSITORY, type World } from '../world/start-world.ts';

export type Outcome = 'merged' | 'parked' | 'cancelled' | 'refused' | 'open';

export interface IssueOutcome {
  readonly key: string;
  readonly title: string;
  /** Name of the Linear state it is in. */
  readonly state: string;
  readonly outcome: Outcome;
  readonly pullRequest: number | null;
  readonly mergeCommit: string | null;
  /** Reviews of ours that asked for changes. */
  readonly reviewRounds: number;
  /** Heads of the pull request on which the required check failed. */
  readonly ciRounds: number;
  /** The first sentence of the comment the bot keeps on the issue; null when it wrote none. */
  readonly headline: string | null;
}

export interface ReviewedPullRequest {
  readonly number: number;
  readonly verdict: 'approve' | 'request-changes';
  readonly head: string;
}

export function outcomeOf(world: World, key: string): IssueOutcome {
  const { state } = world.linear;
  const issue = state.issues.find((one) => one.identifier === key);
  if (issue === undefined) throw new Error(`the world has no issue ${key}`);
  const workflow = state.workflowStates.find((one) => one.id === issue.stateId);
  const comment = state.comments.find(
    (one) => one.issueId === issue.id && one.body.includes('<!-- heartline:progress:'),
  );
  const pullRequest =
    pullRequests(world).find((one) => one.body?.includes(`<!-- heartline:issue:${issue.id}:`) === true) ?? null;
  const headline = comment?.body.split('\n')[0] ?? null;
  const merge = world.github.log.effects.find(
    (effect) => effect.kind === 'merge' && effect.number === pullRequest?.number,
  );
  return {
    key,
    title: issue.title,
    state: workflow?.name ?? '?',
    outcome: judge(workflow?.type ?? '?', headline, merge !== undefined),
    pullRequest: pullRequest?.number ?? null,
    mergeCommit: merge?.kind === 'merge' ? merge.mergeCommit : null,
    ...(pullRequest === null ? { reviewRounds: 0, ciRounds: 0 } : roundsOf(world, pullRequest)),
    headline,
  };
}

function judge(stateType: string, headline: string | null, merged: boolean): Outcome {
  if (merged && stateType === 'completed' && headline?.startsWith('**Done**') === true) return 'merged';
  if (stateType === 'canceled') return 'cancelled';
  if (headline?.startsWith('**Parked.**') === true) return 'parked';
  return stateType === 'unstarted' && headline === null ? 'refused' : 'open';
}

function roundsOf(
  world: World,
  pullRequest: PullRequest,
): { readonly reviewRounds: number; readonly ciRounds: number } {
  const { effects } = world.github.log;
  const reviews = effects.filter(
    (effect) =>
      effect.kind === 'review' &&
      effect.number === pullRequest.number &&
      effect.body.startsWith('**Changes requested**'),
  );
  const heads = new Set(
    effects.flatMap((effect) => {
      if (effect.kind === 'pull-request-created' && effect.number === pullRequest.number) return [effect.sha];
      return effect.kind === 'pull-request-head-moved' && effect.number === pullRequest.number ? [effect.sha] : [];
    }),
  );
  const red = new Set(
    effects.flatMap((effect) =>
      effect.kind === 'check-run' && effect.name === CHECK && effect.conclusion === 'failure' && heads.has(effect.sha)
        ? [effect.sha]
        : [],
    ),
  );
  return { reviewRounds: reviews.length, ciRounds: red.size };
}

/** Our reviews of pull requests that people wrote. */
export function reviewedPullRequests(world: World): readonly ReviewedPullRequest[] {
  const people = pullRequests(world).filter((one) => one.body?.includes('<!-- heartline:issue:') !== true);
  return people.flatMap((one) =>
    world.github.log.effects.flatMap((effect) =>
      effect.kind === 'review' && effect.number === one.number && effect.body.includes('<!-- heartline:review:')
        ? [
            {
              number: one.number,
              verdict: effect.body.startsWith('**Approved**') ? ('approve' as const) : ('request-changes' as const),
              head: effect.sha,
            },
          ]
        : [],
    ),
  );
}

function pullRequests(world: World): readonly PullRequest[] {
  return [...world.github.state.repository(REPOSITORY).pullRequests.values()];
}
