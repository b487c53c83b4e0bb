/**
 * What people say on a pull request besides the comments below it: the words of their reviews, and orders they give in a
 * review thread. All else in a thread is answered there (see decide/remarks.ts).
 */
import { parseCommand } from '../domain/command.ts';
import type { Comment, EpochMs } from '../domain/issue.ts';
import type { PullRequest } from '../domain/pull-request.ts';

export function saidInReviews(pullRequest: PullRequest, since: EpochMs): readonly Comment[] {
  const { repository, number, reviews, threads } = pullRequest;
  const comment = (id: string, login: string, body: string, at: EpochMs): Comment => ({
    id,
    on: { kind: 'pull-request', repository, number },
    author: { kind: 'person', id: login, name: login, email: null },
    handle: login,
    body,
    at,
  });
  const bodies = reviews.flatMap(({ id, author, byPerson, state, body, at }) => {
    if (!byPerson || at === null || at < since || body.trim() === '' || state === 'pending') return [];
    // Whoever approves or takes a review back asks for nothing, whatever friendly words come with it.
    const asks = state === 'changes-requested' || state === 'commented' || parseCommand(body) !== null;
    return asks ? [comment(`review:${id}`, author, body, at)] : [];
  });
  const orders = threads
    .flatMap(({ comments }) => comments)
    .filter(({ byPerson, body, at }) => byPerson && at >= since && parseCommand(body) !== null)
    .map(({ id, author, body, at }) => comment(id, author, body, at));
  return [...bodies, ...orders];
}
