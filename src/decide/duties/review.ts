/** Duty review: other people's open pull requests, where the settings ask for it. Our own are reviewed as a stage of their issue. */
import { subjectKey } from '../../domain/run.ts';
import type { ProjectSettings } from '../../domain/settings.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { wait } from '../../domain/verdict.ts';
import { cancelUnwanted, isHandedIn, mergeAskedAt, othersFacts, reviewOthers, wantsReview } from '../review-others.ts';
import type { Sight } from '../sight.ts';
import type { Turn } from '../turn.ts';

export function reviewPullRequests({ snapshot, brokeBecause }: Sight, turn: Turn): void {
  const { repositories, settings, records, commands } = snapshot;
  endUnwanted(snapshot, turn);
  for (const project of firstPerRepository(settings.projects)) {
    const view = repositories.get(project.repository);
    if (view === undefined || !view.known) continue;
    for (const pullRequest of view.value.pullRequests) {
      const { repository, number, title, author } = pullRequest;
      const ours = records.some((record) => record.repository === repository && record.pullRequest === number);
      if (ours || !isHandedIn(pullRequest)) continue;
      if (!(wantsReview(pullRequest, project) || mergeAskedAt(pullRequest, commands) !== null)) continue;
      const step = reviewOthers(othersFacts(snapshot, view.value, pullRequest));
      const broke = step.actions.some((action) => action.kind === 'dispatch') ? brokeBecause : null;
      const verdict = broke === null ? turn.admit(step.actions, step.verdict) : wait('money', broke, [step.verdict]);
      const shown = turn.pullRequests.some((one) => one.repository === repository && one.number === number);
      if (!shown) turn.pullRequests.push({ repository, number, title, author, verdict });
    }
  }
}

/** The next look starts what is to be read instead. Where GitHub could not be read nothing is concluded. */
function endUnwanted({ runs, repositories }: Snapshot, turn: Turn): void {
  for (const ofOne of Map.groupBy(runs, (run) => subjectKey(run.subject)).values()) {
    const subject = ofOne[0]?.subject;
    if (subject?.kind !== 'pull-request') continue;
    const view = repositories.get(subject.repository);
    if (view === undefined || !view.known) continue;
    turn.add(cancelUnwanted(view.value.pullRequests.find((one) => one.number === subject.number) ?? null, ofOne));
  }
}

/** Two projects may share a repository; its pull requests are reviewed by the first one's rule. */
function firstPerRepository(projects: readonly ProjectSettings[]): readonly ProjectSettings[] {
  return [...Map.groupBy(projects, (project) => project.repository).values()].flatMap(([first]) =>
    first === undefined ? [] : [first],
  );
}
