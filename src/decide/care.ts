/** Where does an issue we carry stand, and what is next? Walks its pipeline to the first stage that is not behind it. */
import type { Action } from '../domain/action.ts';
import type { Stage, StageKind } from '../domain/pipeline.ts';
import type { Verdict } from '../domain/verdict.ts';
import { wait } from '../domain/verdict.ts';
import { moveOf } from './eligible.ts';
import { caseSubject, effectKey, type IssueCase, park, standing } from './issue-case.ts';
import { landedMerge } from './reconcile.ts';
import { audit } from './stages/audit.ts';
import { checks } from './stages/checks.ts';
import { done } from './stages/done.ts';
import { implement } from './stages/implement.ts';
import { merge } from './stages/merge.ts';
import { open } from './stages/open.ts';
import { review } from './stages/review.ts';
import type { Step } from './stages/step.ts';
import { takenOver } from './stages/taken-over.ts';
import { startedState } from './started-state.ts';
import { dollars } from './words.ts';

export type CareStep = {
  readonly stage: StageKind;
  readonly verdict: Verdict;
  readonly actions: readonly Action[];
  readonly queued: boolean;
};

export function care(facts: IssueCase): CareStep {
  const early = startedMove(facts);
  const step = walk(facts);
  const actions = early === null ? step.actions : [early, ...step.actions];
  return affordable(facts, { ...step, actions });
}

function walk(facts: IssueCase): CareStep {
  // A merge that happened is behind every rule: what is left is to verify it and to say so.
  if (landedMerge(facts.record, facts.effects) !== null || facts.pullRequest?.state === 'merged')
    return here('done', done(facts), []);
  const theirs = takenOver(facts);
  // Pointed at another branch, it only waits to be pointed back.
  if (theirs !== null) return here(theirs.actions.length === 0 ? 'merge' : 'open', theirs, []);
  const byWork: Action[] = [];
  for (const stage of facts.pipeline.stages) {
    const step = stepOf(stage, facts);
    if (step.kind !== 'passed') return here(stage.kind, step, byWork);
    byWork.push(...step.actions);
  }
  return { stage: 'done', verdict: wait('done', 'Every stage is behind it.'), actions: byWork, queued: false };
}

function stepOf(stage: Stage, facts: IssueCase): Step {
  switch (stage.kind) {
    case 'implement':
      return implement(facts);
    case 'open':
      return open(facts);
    case 'review':
      return review(facts);
    case 'checks':
      return checks(facts);
    case 'audit':
      return audit(facts);
    case 'merge':
      return merge(facts);
    case 'done':
      return done(facts);
  }
}

function here(stage: StageKind, step: Exclude<Step, { kind: 'passed' }>, byWork: readonly Action[]): CareStep {
  return {
    stage,
    verdict: step.kind === 'queue' ? step.gate : step.verdict,
    actions: [...byWork, ...step.actions],
    queued: step.kind === 'queue',
  };
}

/** Shown to people as early as possible, so it does not wait for the first agent. */
function startedMove(facts: IssueCase): Action | null {
  const { issue, record } = facts;
  const target = startedState(facts);
  const move = standing(facts, effectKey.started(facts));
  // Only out of the very state it was claimed in, whatever its type: a board may well keep its Todo in the backlog.
  if (target === undefined || move.kind !== 'due' || issue.state.type === 'started') return null;
  // Nobody works on an issue whose change is taken back: it stays where people left it.
  if (record.revertOf !== null) return null;
  if (record.mergeCommit !== null || moveOf(issue) !== record.claimedMove) return null;
  return {
    kind: 'move-issue',
    key: move.key,
    issueId: record.issueId,
    issueKey: record.key,
    toStateId: target.id,
    toStateName: target.name,
    fromStateId: issue.state.id,
    fromTypes: [issue.state.type],
    subject: caseSubject(facts),
    reason: `Work on ${record.key} starts.`,
  };
}

/** Money is asked before a run starts, not when its first call is refused. */
function affordable(facts: IssueCase, step: CareStep): CareStep {
  if (!step.actions.some((action) => action.kind === 'dispatch')) return step;
  const { budget } = facts.settings;
  const others = step.actions.filter((action) => action.kind !== 'dispatch');
  if (facts.spentMicroUsd >= budget.issueMicroUsdMax) {
    const reason = `${facts.record.key} has used ${dollars(facts.spentMicroUsd)} of ${dollars(budget.issueMicroUsdMax)}. Raise budget.issueUsd in heartline.yaml, then comment /resume.`;
    return { ...step, verdict: wait('money', reason), actions: [...others, park(facts, reason)] };
  }
  if (facts.dayMicroUsd >= budget.dayMicroUsdMax) {
    const reason = `Today's ${dollars(budget.dayMicroUsdMax)} are used up (${dollars(facts.dayMicroUsd)}). Goes on after midnight UTC, or raise budget.dayUsd in heartline.yaml.`;
    return { ...step, verdict: wait('money', reason), actions: others };
  }
  return step;
}
