/** Posts a review. GitHub gives reviews no key, so ours carries a marker that is looked for before it is posted again. */
import type { PostReview } from '../../domain/action.ts';
import type { OutsideWrite } from './outside-write.ts';

export const postReview: OutsideWrite<PostReview> = {
  look: (action, { forge }) => forge.findReview(action.repository, action.number, action.marker),
  async perform(action, { forge }) {
    const { repository, number, head, event, body, findings } = action;
    return forge.postReview({ repository, number, head, event, body, findings });
  },
  takenTwice: true,
};
