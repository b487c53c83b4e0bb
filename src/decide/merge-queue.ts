/**
 * Who merges next? One pull request per base branch at a time, because GitHub's merge call compares the head only: the
 * base it was tested with holds only while nothing else lands in between.
 *
 * Order: a pull request that may merge this moment first (waiting would only make it stale), then priority 1 to 4 and
 * none last, then the oldest issue, then the key. While one is being brought up to date or checked after that, the
 * others wait: updating them too would be thrown away by its merge. One whose gate says no holds nobody up, and GitHub's
 * silence becomes a no in time.
 */
import type { Action } from '../domain/action.ts';
import type { Verdict } from '../domain/verdict.ts';
import { no, wait } from '../domain/verdict.ts';
import { short } from './checks.ts';
import type { EffectStanding } from './effects.ts';
import { caseSubject, effectKey, type IssueCase, LAG_MS, park, standing } from './issue-case.ts';
import { leaveQueue, leftAt, newestEntry } from './leave-queue.ts';
import { byPriority } from './order.ts';
import { gateOf } from './stages/merge.ts';
import { pursue, type Step } from './stages/step.ts';

export interface Candidate {
  readonly facts: IssueCase;
  readonly gate: Verdict;
}

export interface QueueDecision {
  readonly facts: IssueCase;
  readonly verdict: Verdict;
  readonly actions: readonly Action[];
}

/**
 * Candidates of all repositories; one decision for each, in the order given. `holders` were brought up to date in
 * their turn and are being reviewed or checked again: until they are through, nobody else is brought up to date. `taken`
 * says of a lane why nothing of ours may land in it now, because a person's pull request does.
 */
export function mergeQueue(
  candidates: readonly Candidate[],
  holders: readonly IssueCase[],
  taken: ReadonlyMap<string, string>,
): readonly QueueDecision[] {
  const held = new Map(holders.map((facts) => [laneOf(facts), facts]));
  const turns = new Map<string, Candidate>();
  const [theirs, lined] = [candidates.filter(hasQueue), candidates.filter((one) => !hasQueue(one))];
  for (const [lane, members] of Map.groupBy(lined, (candidate) => laneOf(candidate.facts))) {
    if (taken.has(lane)) continue;
    const turn = nextInLane(members, held.has(lane));
    if (turn !== null) turns.set(lane, turn);
  }
  return candidates.map((candidate) => {
    if (theirs.includes(candidate)) return handOver(candidate);
    const busy = taken.get(laneOf(candidate.facts));
    if (busy !== undefined && candidate.gate.status !== 'no')
      return { facts: candidate.facts, verdict: wait('merge queue', busy, [candidate.gate]), actions: [] };
    const turn = turns.get(laneOf(candidate.facts));
    if (turn === candidate) return takeTurn(candidate);
    const first = turn?.facts ?? held.get(laneOf(candidate.facts));
    if (candidate.gate.status === 'no' || first === undefined)
      return { facts: candidate.facts, verdict: candidate.gate, actions: [] };
    return {
      facts: candidate.facts,
      verdict: wait('merge queue', `${first.record.key} merges first.`, [candidate.gate]),
      actions: [],
    };
  });
}

/** We had it brought up to date with the base as it is now, or asked for that: it is on its way to its merge. */
export function holdsLane(facts: IssueCase): boolean {
  const base = facts.pullRequest?.base;
  if (base === undefined) return false;
  return [...facts.effects.values()].some(
    (effect) =>
      effect.kind === 'update-branch' &&
      !effect.refused &&
      effect.key.startsWith(`update:${facts.record.issueId}:`) &&
      effect.key.split('~')[0]?.endsWith(`:${base}`) === true,
  );
}

export function laneOf(facts: IssueCase): string {
  return laneName(facts.record.repository, facts.record.baseBranch);
}

/** One thing at a time lands in a lane. */
export function laneName(repository: string, baseBranch: string): string {
  return `${repository} ${baseBranch}`;
}

/** The forge lines them up by itself, and takes no direct merge. */
function hasQueue({ facts }: Candidate): boolean {
  return facts.baseView?.mergeQueue === true;
}

function handOver(candidate: Candidate): QueueDecision {
  const { facts, gate } = candidate;
  const { pullRequest, record } = facts;
  if (pullRequest === null) return { facts, verdict: gate, actions: [] };
  const { number, head, queued } = pullRequest;
  const entry = entryOf(facts, head, queued !== null);
  // What was handed over lands by itself, so a freeze or a new objection has to take it out again. A mere wait does not.
  if (queued !== null && gate.status === 'no')
    return { facts, verdict: gate, actions: leaveQueue(facts, record, pullRequest, gate.reason) };
  if (queued !== null && entry.kind === 'done')
    return { facts, verdict: wait('merge', `In GitHub's merge queue: ${queued}.`, [gate]), actions: [] };
  if (gate.status !== 'yes') return { facts, verdict: gate, actions: [] };
  if (entry.kind === 'done') return thrownOut(candidate, facts.effects.get(entry.key)?.confirmedAt ?? facts.now);
  // Its queue merges into whatever the base is, so a base that it does not contain may make another change of it than was
  // judged. Brought up to date it is judged again, from the base itself. Also when git could not say.
  if (facts.diff?.landsAsJudged !== true) return bringUpToDate(candidate);
  const doing = `Handing pull request #${number} at ${short(head)} to GitHub's merge queue`;
  const step = pursue(facts, 'merge', entry, doing, (key) => ({
    kind: 'enqueue',
    key,
    issueId: record.issueId,
    repository: record.repository,
    number,
    head,
    baseBranch: record.baseBranch,
    subject: caseSubject(facts),
    reason: gate.reason,
  }));
  return fromStep(candidate, step);
}

/** What we handed over is not at its merge any more: is it still fit to land, and still what was judged? */
export function handedBack(facts: IssueCase): readonly Action[] {
  const { pullRequest, diff, record, verdicts } = facts;
  const gate = gateOf(facts);
  if (pullRequest === null || gate === null) return [];
  // Commits of the head that came to the base by another way make what is left of it another change.
  const judged = diff === null || verdicts.some((one) => one.head === diff.head && one.digest === diff.digest);
  const other = `What was reviewed at ${short(pullRequest.head)} is not what would land on ${record.baseBranch} by now.`;
  if (gate.status !== 'no' && judged) return [];
  return leaveQueue(facts, record, pullRequest, gate.status === 'no' ? gate.reason : other);
}

/**
 * Where we stand with the queue. An entry is spent, and a new one is due, once a person says "go on" after it left, or after
 * we took it out ourselves.
 */
function entryOf(facts: IssueCase, head: string, queued: boolean): EffectStanding {
  const { issueId, resumedAt } = facts.record;
  const key = effectKey.enqueue(issueId, head);
  const newest = newestEntry(facts.effects, key);
  if (newest === null) return standing(facts, key);
  const entry = standing(facts, newest.key);
  const left = leftAt(facts.effects, issueId, head, newest);
  // Also one whose answer never came: it may have been in, and was taken out when work stopped.
  const over = newest.intendedAt < resumedAt || left !== null;
  const spent = (entry.kind === 'done' || entry.kind === 'due') && !queued && over;
  return spent ? { kind: 'due', key: `${key}~${Math.max(resumedAt, left ?? 0)}` } : entry;
}

/**
 * Its group failed, or a person took it out. Brought up to date, its own checks show what the group's did and the usual
 * way mends it; where there is nothing to bring, a person has to look.
 */
function thrownOut(candidate: Candidate, since: number): QueueDecision {
  const { facts, gate } = candidate;
  const { record, diff } = facts;
  if (facts.now - since < LAG_MS)
    return { facts, verdict: wait('merge', 'Waiting for GitHub to show it in its merge queue.', [gate]), actions: [] };
  if (diff?.baseIsAncestor === false) return bringUpToDate(candidate);
  const reason = `GitHub took pull request #${record.pullRequest} out of its merge queue. See there why, then comment /resume.`;
  return { facts, verdict: no('merge', reason, [gate]), actions: [park(facts, reason)] };
}

function nextInLane(members: readonly Candidate[], held: boolean): Candidate | null {
  const able = members
    .filter((one) => one.gate.status !== 'no')
    .sort((a, b) => byPriority(a.facts.issue, b.facts.issue));
  const now = able.find((one) => mergeUnderWay(one)) ?? able.find((one) => one.gate.status === 'yes');
  if (now !== undefined) return now;
  if (held) return null;
  // GitHub takes a moment to show an update it agreed to: a more urgent issue does not start another in between.
  return able.find((one) => holdsLane(one.facts)) ?? able.find(isUpToDate) ?? able.find(onlyBehind) ?? null;
}

/** Those of a lane that only wait for a newer base, in their order; none while one goes by itself or is on its way. */
export function onlyBehindInTurn(members: readonly Candidate[], held: boolean): readonly Candidate[] {
  if (held || members.some(hasQueue)) return [];
  const able = members
    .filter((one) => one.gate.status !== 'no')
    .sort((a, b) => byPriority(a.facts.issue, b.facts.issue));
  const first = able.some(
    (one) => one.gate.status === 'yes' || mergeUnderWay(one) || holdsLane(one.facts) || isUpToDate(one),
  );
  return first ? [] : able.filter(onlyBehind);
}

/** Intended and not confirmed: whether it landed is not known, so nothing else moves in this lane. */
function mergeUnderWay({ facts }: Candidate): boolean {
  return [...facts.effects.values()].some(
    (effect) =>
      effect.kind === 'merge' &&
      effect.confirmedAt === null &&
      !effect.refused &&
      effect.key.startsWith(`merge:${facts.record.issueId}:`),
  );
}

function isUpToDate({ facts }: Candidate): boolean {
  return facts.diff?.baseIsAncestor === true;
}

/** Everything but the base is in order: bringing it up to date is worth a CI run now. */
function onlyBehind(candidate: Candidate): boolean {
  return candidate.facts.diff?.baseIsAncestor === false && isReadyButForBase(candidate);
}

export function isReadyButForBase({ gate }: Candidate): boolean {
  return gate.children.every((child) => child.status === 'yes' || child.name === 'base');
}

function takeTurn(candidate: Candidate): QueueDecision {
  const { facts, gate } = candidate;
  const { pullRequest, record } = facts;
  if (pullRequest === null) return { facts, verdict: gate, actions: [] };
  if (gate.status === 'yes') {
    const standingOf = standing(facts, effectKey.merge(facts, pullRequest.head, pullRequest.base));
    if (standingOf.kind === 'done')
      return { facts, verdict: wait('merge', 'Merged; waiting for GitHub to show it.', [gate]), actions: [] };
    const step = pursue(
      facts,
      'merge',
      standingOf,
      `Merging pull request #${pullRequest.number} at ${short(pullRequest.head)}`,
      (key) => ({
        kind: 'merge',
        key,
        issueId: record.issueId,
        repository: record.repository,
        number: pullRequest.number,
        head: pullRequest.head,
        base: pullRequest.base,
        baseBranch: record.baseBranch,
        method: facts.project.mergeMethod,
        title: `${pullRequest.title} (#${pullRequest.number})`,
        members: [],
        subject: caseSubject(facts),
        reason: gate.reason,
      }),
    );
    return fromStep(candidate, step);
  }
  return onlyBehind(candidate) ? bringUpToDate(candidate) : { facts, verdict: gate, actions: [] };
}

function bringUpToDate(candidate: Candidate): QueueDecision {
  const { facts, gate } = candidate;
  const { pullRequest, record } = facts;
  if (pullRequest === null) return { facts, verdict: gate, actions: [] };
  const update = standing(facts, effectKey.update(facts, pullRequest.head, pullRequest.base));
  if (update.kind === 'done')
    return { facts, verdict: wait('merge', `${record.branch} is being brought up to date.`, [gate]), actions: [] };
  const step = pursue(
    facts,
    'merge',
    update,
    `Bringing ${record.branch} up to date with ${record.baseBranch}`,
    (key) => ({
      kind: 'update-branch',
      key,
      repository: record.repository,
      number: pullRequest.number,
      head: pullRequest.head,
      base: pullRequest.base,
      subject: caseSubject(facts),
      reason: gate.reason,
    }),
  );
  return fromStep(candidate, step);
}

function fromStep({ facts, gate }: Candidate, step: Step): QueueDecision {
  return step.kind === 'here'
    ? { facts, verdict: { ...step.verdict, children: [gate] }, actions: step.actions }
    : { facts, verdict: gate, actions: [] };
}
