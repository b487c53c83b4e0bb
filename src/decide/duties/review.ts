/** Duty review: other people's open pull requests, where the settings ask for it. Our own are reviewed as a stage of their issue. */
import type { ProjectSettings } from '../../domain/settings.ts';
import { wait } from '../../domain/verdict.ts';
import { mergeAskedAt, othersFacts, reviewOthers, wantsReview } from '../review-others.ts';
import type { Sight } from '../sight.ts';
import type { Turn } from '../turn.ts';

export function reviewPullRequests({ snapshot, brokeBecause }: Sight, turn: Turn): void {
  const { repositories, settings, records, commands } = snapshot;
  for (const project of firstPerRepository(settings.projects)) {
    const view = repositories.get(project.repository);
    if (view === undefined || !view.known) continue;
    for (const pullRequest of view.value.pullRequests) {
      const { repository, number, title, author } = pullRequest;
      const ours = records.some((record) => record.repository === repository && record.pullRequest === number);
      if (ours || !(wantsReview(pullRequest, project) || mergeAskedAt(pullRequest, commands) !== null)) continue;
      const step = reviewOthers(othersFacts(snapshot, view.value, pullRequest));
      const broke = step.actions.some((action) => action.kind === 'dispatch') ? brokeBecause : null;
      const verdict = broke === null ? turn.admit(step.actions, step.verdict) : wait('money', broke, [step.verdict]);
      const shown = turn.pullRequests.some((one) => one.repository === repository && one.number === number);
      if (!shown) turn.pullRequests.push({ repository, number, title, author, verdict });
    }
  }
}

/** Two projects may share a repository; its pull requests are reviewed by the first one's rule. */
function firstPerRepository(projects: readonly ProjectSettings[]): readonly ProjectSettings[] {
  return [...Map.groupBy(projects, (project) => project.repository).values()].flatMap(([first]) =>
    first === undefined ? [] : [first],
  );
}
