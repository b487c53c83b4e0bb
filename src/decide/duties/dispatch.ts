/** Duty dispatch: issues that may start are claimed while a dev's place is free, in the board's order. */
import type { Action } from '../../domain/action.ts';
import type { Issue } from '../../domain/issue.ts';
import type { IssueRecord } from '../../domain/issue-record.ts';
import type { RepositoryView } from '../../domain/pull-request.ts';
import type { ProjectSettings } from '../../domain/settings.ts';
import { type Verdict, wait } from '../../domain/verdict.ts';
import { collision, pathsIn, type Underway, underway } from '../collisions.ts';
import { belongsTo, eligible, moveOf, moverOf } from '../eligible.ts';
import { viewOfWaiting } from '../issue-view.ts';
import { byPriority } from '../order.ts';
import { BRANCH_PREFIX } from '../review-others.ts';
import type { Sight } from '../sight.ts';
import type { Turn } from '../turn.ts';

export function dispatchNew(sight: Sight, turn: Turn): void {
  const { settings, records, repositories, now } = sight.snapshot;
  /** By repository: what this very turn starts. */
  const claimed = new Map<string, readonly Underway[]>();
  for (const issue of (sight.board?.issues ?? []).toSorted(byPriority)) {
    const record = records.find((one) => one.issueId === issue.id) ?? null;
    // The first project that fits takes an issue; one that fits none is shown with what it lacks for the first of its team.
    const project =
      settings.projects.find((one) => belongsTo(issue, one)) ??
      settings.projects.find((one) => one.team === issue.teamKey);
    if (project === undefined || record?.phase === 'active' || record?.phase === 'parked') continue;
    const repository = repositories.get(project.repository);
    let verdict = eligible({
      issue,
      project,
      states: sight.states(project),
      people: settings.people,
      repository,
      record,
      stoppedBy: sight.stoppedBy(issue),
      brokeBecause: sight.brokeBecause,
    });
    if (verdict.status === 'yes' && repository?.known === true && !turn.touched.has(issue.id)) {
      const others = [...underway(repository.value, records), ...(claimed.get(project.repository) ?? [])];
      const clash = collision(issue, others);
      const busy =
        clash === null ? turn.slots.take('dev') : `${clash.key} is at ${clash.file}: this starts when that is merged.`;
      if (busy === null) {
        claim(turn, claimOf(issue, project, repository.value, record, now));
        const files = pathsIn(`${issue.title}\n${issue.description}`);
        claimed.set(project.repository, [...(claimed.get(project.repository) ?? []), { key: issue.key, files }]);
      } else verdict = wait('eligible', busy, verdict.children);
    }
    // A finished issue keeps showing what came of it; one that waits shows why.
    if (record === null || verdict.status !== 'no') turn.view(viewOfWaiting(sight, issue, project, verdict));
    tellRefusal(turn, issue, project, verdict);
  }
}

function claim(turn: Turn, action: Extract<Action, { kind: 'claim' }>): void {
  turn.touched.set(action.record.issueId, action.reason);
  turn.actions.push(action);
}

function claimOf(
  issue: Issue,
  project: ProjectSettings,
  repository: RepositoryView,
  previous: IssueRecord | null,
  now: number,
): Extract<Action, { kind: 'claim' }> {
  const attempt = (previous?.attempt ?? 0) + 1;
  return {
    kind: 'claim',
    record: {
      issueId: issue.id,
      key: issue.key,
      project: project.name,
      repository: project.repository,
      baseBranch: project.baseBranch ?? repository.defaultBranch,
      attempt,
      phase: 'active',
      reason: null,
      claimedAt: now,
      claimedBy: moverOf(issue),
      claimedMove: moveOf(issue),
      movedAt: issue.lastMove?.at ?? issue.createdAt,
      branch: `${BRANCH_PREFIX}${issue.key.toLowerCase()}${attempt === 1 ? '' : `-${attempt}`}`,
      head: null,
      pullRequest: null,
      mergeCommit: null,
      mergeVerified: false,
      approvals: [],
      revertOf: null,
      roundsFrom: now,
      resumedAt: now,
      stoppedAt: 0,
    },
    previousGeneration: previous?.generation ?? null,
    reason: `${moverOf(issue).name} put ${issue.key} in ${project.states.todo}.`,
  };
}

/** People hear once when an issue they put in Todo cannot start for a reason that waiting does not cure. */
function tellRefusal(turn: Turn, issue: Issue, project: ProjectSettings, verdict: Verdict): void {
  if (verdict.status !== 'no' || issue.state.name !== project.states.todo) return;
  const cause = verdict.children.find((child) => child.status === 'no');
  if (cause === undefined || cause.name === 'selection' || cause.name === 'fresh') return;
  turn.say(
    `refused:${moveOf(issue)}:${cause.name}`,
    'refused',
    `${issue.key} was not started: ${cause.reason}`,
    issue.id,
  );
}
