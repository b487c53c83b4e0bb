// Judges a whole run from outside: asks every oracle its one question and gives what each looked at and found.
import { attachmentOnce } from './linear/attachment-once.ts';
import { blockedWaits } from './linear/blocked-waits.ts';
import { commentsUnique } from './linear/comments-unique.ts';
import { statesAlongEdges } from './linear/states-along-edges.ts';
import { baseWasTested } from './merges/base-was-tested.ts';
import { landedTree } from './merges/landed-tree.ts';
import { mainIsGreen } from './merges/main-is-green.ts';
import { mergeCallCarriedSha } from './merges/merge-call-carried-sha.ts';
import { mergedHeadWasAudited } from './merges/merged-head-was-audited.ts';
import { mergedHeadWasReviewed } from './merges/merged-head-was-reviewed.ts';
import { oneMergePerIssue } from './merges/one-merge-per-issue.ts';
import { requiredChecksGreen } from './merges/required-checks-green.ts';
import type { Oracle, OracleResult, OutsideWorld } from './outside-world.ts';
import { stopMeansStop } from './people/stop-means-stop.ts';
import { strangerStartsNothing } from './people/stranger-starts-nothing.ts';
import { noPushOverPeople } from './pull-requests/no-push-over-people.ts';
import { onePullRequestPerIssue } from './pull-requests/one-pull-request-per-issue.ts';
import { peoplesPullRequestsLeftAlone } from './pull-requests/peoples-pull-requests-left-alone.ts';
import { noSecretLeaves } from './whole-run/no-secret-leaves.ts';
import { nothingUnexpected } from './whole-run/nothing-unexpected.ts';
import { writesPerIssueBounded } from './whole-run/writes-per-issue-bounded.ts';

/** One after the other; a world that goes on changing meanwhile is judged as it is at each question. */
export async function judge(world: OutsideWorld): Promise<readonly OracleResult[]> {
  const results: OracleResult[] = [];
  for (const [name, oracle] of Object.entries(oracles)) results.push({ name, ...(await oracle(world)) });
  return results;
}

/** By the name a report calls them. */
const oracles = {
  'one-pull-request-per-issue': onePullRequestPerIssue,
  'peoples-pull-requests-left-alone': peoplesPullRequestsLeftAlone,
  'no-push-over-people': noPushOverPeople,
  'one-merge-per-issue': oneMergePerIssue,
  'merged-head-was-reviewed': mergedHeadWasReviewed,
  'merged-head-was-audited': mergedHeadWasAudited,
  'required-checks-green': requiredChecksGreen,
  'base-was-tested': baseWasTested,
  'landed-tree': landedTree,
  'merge-call-carried-sha': mergeCallCarriedSha,
  'main-is-green': mainIsGreen,
  'states-along-edges': statesAlongEdges,
  'comments-unique': commentsUnique,
  'attachment-once': attachmentOnce,
  'blocked-waits': blockedWaits,
  'stranger-starts-nothing': strangerStartsNothing,
  'stop-means-stop': stopMeansStop,
  'no-secret-leaves': noSecretLeaves,
  'writes-per-issue-bounded': writesPerIssueBounded,
  'nothing-unexpected': nothingUnexpected,
} as const satisfies Readonly<Record<string, Oracle>>;

export type OracleName = keyof typeof oracles;
