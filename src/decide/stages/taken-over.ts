/** What a person did to our pull request that takes it out of our hands, whatever stage it is in. Each is null while nobody did. */
import { no } from '../../domain/verdict.ts';
import { short } from '../checks.ts';
import { effectKey, type IssueCase, LAG_MS, latestWork } from '../issue-case.ts';
import { type Here, parked } from './step.ts';

export function takenOver(facts: IssueCase): Here | null {
  return closed(facts) ?? drafted(facts) ?? pushed(facts) ?? aimedElsewhere(facts);
}

/** A person who closes the pull request ends the work on it. */
function closed(facts: IssueCase): Here | null {
  const { record, pullRequest, project } = facts;
  if (pullRequest?.state !== 'closed') return null;
  return parked(
    facts,
    'open',
    `Pull request #${record.pullRequest} was closed without merging. Reopen it and comment /resume, or move ${record.key} away and back to ${project.states.todo} to start over.`,
  );
}

/** A person's draft is theirs until it is ready again. Our own, which nobody made ready yet, is none of those. */
function drafted(facts: IssueCase): Here | null {
  const { record, pullRequest, project } = facts;
  if (pullRequest?.draft !== true) return null;
  const ready = facts.effects.get(effectKey.ready(facts));
  // Ours: opened as one, and not made ready, or made so a moment ago. Where none is opened as a draft, somebody made it one.
  const made = ready?.confirmedAt ?? (project.draft ? facts.now : null);
  if (made !== null && facts.now - made < LAG_MS) return null;
  return parked(
    facts,
    'open',
    `Pull request #${record.pullRequest} was made a draft. Mark it ready for review and comment /resume to go on.`,
  );
}

/** A person who pushes to our branch takes the work over. Nobody did while the live head may be ours or cannot be told yet. */
function pushed(facts: IssueCase): Here | null {
  const { record, pullRequest, repository } = facts;
  const live = pullRequest?.head;
  if (live === undefined || record.head === null || live === record.head || latestWork(facts)?.head === live)
    return null;
  const isOurs = isOurUpdate(facts, record.head, live) || isOldPicture(facts, record.head, live);
  return isOurs || !repository.parents.has(live) ? null : leftToThem(facts, live);
}

export function leftToThem(facts: IssueCase, live: string): Here {
  return parked(
    facts,
    'open',
    `Somebody pushed ${short(live)} to ${facts.record.branch}; nothing of ours is pushed over it. Comment /resume to go on from there.`,
  );
}

/** A person pointed it at another branch: nothing is done for that one, and pointed back it goes on by itself. */
function aimedElsewhere({ record, pullRequest }: IssueCase): Here | null {
  if (pullRequest === null || pullRequest.baseBranch === record.baseBranch) return null;
  const reason = `Pull request #${pullRequest.number} goes into ${pullRequest.baseBranch}, not ${record.baseBranch}: point it back, or merge it by hand.`;
  return { kind: 'here', verdict: no('target', reason), actions: [] };
}

/** GitHub's lists lag behind a push of ours. A head that has ours for a parent is no old one: somebody went on from it. */
export function isOldPicture(facts: IssueCase, ours: string, live: string): boolean {
  const pushed = facts.effects.get(effectKey.push(facts, ours))?.confirmedAt ?? null;
  const isNewer = facts.repository.parents.get(live)?.includes(ours) === true;
  return !isNewer && pushed !== null && facts.now - pushed < LAG_MS;
}

/** GitHub's update makes a merge whose first parent is the old head. We know it as ours by the ledger, not by its author. */
export function isOurUpdate(facts: IssueCase, from: string, live: string): boolean {
  const parents = facts.repository.parents.get(live) ?? [];
  const asked = [...facts.effects.keys()].some((key) => key.startsWith(`update:${facts.record.issueId}:${from}:`));
  return asked && parents.length === 2 && parents[0] === from;
}
