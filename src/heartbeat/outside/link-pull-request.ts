/** Attaches the pull request to the issue. Linear updates an attachment of the same url, so any number of writes is one. */
import type { LinkPullRequest } from '../../domain/action.ts';
import type { OutsideWrite } from './outside-write.ts';
import { deterministicId } from './progress-comment.ts';

export const linkPullRequest: OutsideWrite<LinkPullRequest> = {
  look: async () => null,
  async perform(action, { tracker }) {
    return tracker.link({
      id: deterministicId(`link:${action.issueId}:${action.url}`),
      issueId: action.issueId,
      url: action.url,
      title: action.title,
      subtitle: action.subtitle,
    });
  },
};
