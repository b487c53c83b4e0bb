/** Linear behind the Tracker port: wires the parts and performs the few writes. */
import { OutsideError } from '../domain/outside-error.ts';
import type { Tracker } from '../heartbeat/ports.ts';
import { createBoardObserver } from './board-observer.ts';
import { createBoardReader } from './board-reader.ts';
import { ATTACHMENTS_BY_ID, COMMENTS, CREATE_COMMENT, LINK, MOVE_ISSUE, UPDATE_COMMENT } from './documents.ts';
import { createLinearRequest, type LinearOptions } from './linear-request.ts';
import { readAccess } from './read-access.ts';
import { createIssueReader } from './read-issues.ts';
import {
  attachmentsAnswer,
  commentCreatedAnswer,
  commentsAnswer,
  commentUpdatedAnswer,
  linkedAnswer,
  movedAnswer,
} from './wire.ts';

export interface TrackerOptions extends LinearOptions {
  /** Everything is read anew this often, for what no change ever shows: renamed states, deleted relations, lost rows. */
  readonly sweepMs: number;
}

/** History is written a moment after the move; an entry that is older than this before the move belongs to another one. */
const HISTORY_LAG_MS = 2_000;

export function createTracker(options: TrackerOptions): Tracker {
  const request = createLinearRequest(options);
  const reader = createIssueReader(request);
  const observer = createBoardObserver(createBoardReader(request), reader, options);

  async function comment(id: string): Promise<{ readonly id: string; readonly body: string } | null> {
    const variables = { filter: { id: { eq: id } }, first: 1, after: null };
    const { comments } = await request.send(`read comment ${id}`, COMMENTS, variables, commentsAnswer);
    const found = comments.nodes[0];
    return found === undefined ? null : { id: found.id, body: found.body };
  }

  return {
    observe: observer.observe,

    async issue(idOrKey) {
      const [found] = await reader.named(`read issue ${idOrKey}`, [idOrKey]);
      return found ?? null;
    },

    async comments(issueId) {
      return (await reader.comments(`read the comments of issue ${issueId}`, { issue: { id: { eq: issueId } } }))
        .comments;
    },

    async moveIssue(issueId, toStateId) {
      const attempted = `move issue ${issueId}`;
      // Before the call: an answer that gets lost may belong to a move that was made.
      observer.touch(issueId);
      const { issueUpdate } = await request.send(
        attempted,
        MOVE_ISSUE,
        { id: issueId, stateId: toStateId },
        movedAnswer,
      );
      requireSuccess(attempted, issueUpdate.success);
      const moved = issueUpdate.issue;
      const entry = moved?.history.nodes.find(
        ({ toStateId: to, createdAt }) => to === toStateId && createdAt >= moved.updatedAt - HISTORY_LAG_MS,
      );
      return entry?.id ?? null;
    },

    comment,

    async createComment({ id, issueId, body }) {
      const attempted = `comment on issue ${issueId}`;
      await orFindIt(
        async () => {
          const { commentCreate } = await request.send(
            attempted,
            CREATE_COMMENT,
            { id, issueId, body },
            commentCreatedAnswer,
          );
          requireSuccess(attempted, commentCreate.success);
        },
        async () => ((await comment(id)) === null ? null : undefined),
      );
    },

    async updateComment(id, body) {
      const attempted = `edit comment ${id}`;
      const { commentUpdate } = await request.send(attempted, UPDATE_COMMENT, { id, body }, commentUpdatedAnswer);
      requireSuccess(attempted, commentUpdate.success);
    },

    async link(input) {
      const attempted = `link ${input.url} to issue ${input.issueId}`;
      return orFindIt(
        async () => {
          const { attachmentCreate } = await request.send(attempted, LINK, { input }, linkedAnswer);
          requireSuccess(attempted, attachmentCreate.success);
          return attachmentCreate.attachment.id;
        },
        async () => {
          const { attachments } = await request.send(attempted, ATTACHMENTS_BY_ID, { id: input.id }, attachmentsAnswer);
          return attachments.nodes.find(({ url }) => url === input.url)?.id ?? null;
        },
      );
    },

    access: () => readAccess(request),
    quota: request.quota,
  };
}

/**
 * What Linear answers to a second create with the same id is not documented, and a lost answer looks like a failure too:
 * so after an error the id is looked up, and what is there counts as done. Not when we are limited or locked out, for
 * then the effect cannot have happened and looking would fail the same way.
 */
async function orFindIt<T>(create: () => Promise<T>, find: () => Promise<T | null>): Promise<T> {
  try {
    return await create();
  } catch (error) {
    if (!(error instanceof OutsideError) || error.kind === 'limited' || error.kind === 'unauthorised') throw error;
    const found = await find().catch(() => null);
    if (found === null) throw error;
    return found;
  }
}

function requireSuccess(attempted: string, success: boolean): void {
  if (!success) throw new OutsideError('refused', attempted, 'Linear answered that it did not do it');
}
