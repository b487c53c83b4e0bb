/** Takes back what turned a base branch red: the one piece of work that plain code does by itself. */
import type { Revert } from '../domain/action.ts';
import { isLive } from '../domain/run.ts';
import type { Hands } from './outside/outside-write.ts';
import { deterministicId } from './outside/progress-comment.ts';

/** A run like any other, but its author is plain code: it ends with the commit, or with what stands in the way. */
export async function takeBack(action: Revert, { journal, mirror, clock }: Hands): Promise<boolean> {
  const { issueId, issueKey, repository, attempt, mergeCommit, onto, title, summary } = action;
  const id = deterministicId(`revert:${issueId}:${attempt}:${mergeCommit}`);
  await journal.createRun({
    id,
    subject: { kind: 'issue', issueId },
    issueKey,
    repository,
    role: 'orchestrator',
    cause: { kind: 'revert', mergeCommit },
    attempt,
    sessionId: id,
    createdAt: clock.now(),
  });
  const run = await journal.run(id);
  if (run === null || !isLive(run.state)) return false;
  const message = `${title}\n\n${summary}`;
  const head = await mirror.revert({ repository, runId: id, commit: mergeCommit, onto, message, at: run.createdAt });
  const end =
    head === null
      ? ({
          state: 'awaiting-human',
          reason: `${mergeCommit} cannot be taken back by itself: later changes stand in the way.`,
        } as const)
      : ({ state: 'succeeded', reason: `Wrote ${head}.` } as const);
  const result = head === null ? null : ({ kind: 'work', head, base: onto, summary, commitTitle: title } as const);
  await journal.endRun(id, { ...end, result, model: null });
  return true;
}
