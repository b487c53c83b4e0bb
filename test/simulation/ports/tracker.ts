/** Linear as the bot's port, over the simulated board. */
import type { Comment, Issue } from '../../../src/domain/issue.ts';
import { OutsideError } from '../../../src/domain/outside-error.ts';
import type { Tracker } from '../../../src/heartbeat/ports.ts';
import { STATES } from '../../decide/make.ts';
import { issueId } from '../world/board.ts';
import type { World } from '../world/world.ts';
import type { Line } from './line.ts';

const SWEEP_MS = 10 * 60_000;

export function createTracker({ board, timeline }: World, line: Line): Tracker {
  // As the real adapter: what was handed over is remembered for as long as this process lives.
  const told = new Map<string, string>();
  let sweptAt = Number.NEGATIVE_INFINITY;

  const find = (idOrKey: string): Issue | null =>
    board.issues.get(idOrKey) ?? board.issues.get(issueId(idOrKey)) ?? null;
  const known = (idOrKey: string, attempted: string): Issue => {
    const issue = find(idOrKey);
    if (issue === null) throw new OutsideError('missing', attempted, 'there is no such issue');
    return issue;
  };

  return {
    observe: async (watch) => {
      const states = Object.values(STATES);
      const seen = await line.read('linear observe', () => {
        const sweep = timeline.now() - sweptAt >= SWEEP_MS;
        const watched = new Set(watch.projects.map((project) => project.states.todo));
        return {
          sweep,
          issues: [...board.issues.values()].filter(
            (issue) => watch.tracked.includes(issue.id) || (watched.has(issue.state.name) && !issue.archived),
          ),
          gone: watch.tracked.filter((id) => !board.issues.has(id)),
          comments: board.comments.filter(
            (comment) => comment.at >= watch.commentsSince && (sweep || told.get(comment.id) !== comment.body),
          ),
        };
      });
      if (seen.sweep) sweptAt = timeline.now();
      for (const comment of seen.comments) told.set(comment.id, comment.body);
      return {
        board: { issues: seen.issues, gone: new Set(seen.gone), states: new Map([['ENG', states]]) },
        comments: seen.comments,
        how: seen.sweep ? 'sweep' : 'changes',
      };
    },
    issue: (idOrKey) =>
      line.read('linear issue', () => {
        const issue = find(idOrKey);
        if (issue !== null) board.readAt.set(issue.id, timeline.now());
        return issue;
      }),
    comments: (id) => line.read('linear comments', () => board.comments.filter((one) => isOn(one, id))),
    moveIssue: (id, toStateId) =>
      line.write('moveIssue', () => {
        const attempted = `move ${id}`;
        const state = Object.values(STATES).find((one) => one.id === toStateId);
        if (state === undefined) throw new OutsideError('invalid', attempted, 'there is no such state');
        return board.move(known(id, attempted).id, state, 'bot');
      }),
    comment: (id) =>
      line.read('linear comment', () => {
        const found = board.comments.find((one) => one.id === id);
        return found === undefined ? null : { id, body: found.body };
      }),
    createComment: ({ id, issueId, body }) =>
      line.write('createComment', () => {
        const attempted = `comment on ${issueId}`;
        if (board.comments.some((one) => one.id === id))
          throw new OutsideError('conflict', attempted, 'that id is taken');
        board.comment({ id, issueId: known(issueId, attempted).id, body, by: 'bot' });
      }),
    updateComment: (id, body) =>
      line.write('updateComment', () => {
        if (!board.comments.some((one) => one.id === id))
          throw new OutsideError('missing', 'edit a comment', 'it is gone');
        board.editComment(id, body, 'bot');
      }),
    link: (link) => line.write('link', () => board.link({ ...link, issueId: known(link.issueId, 'link').id })),
    access: async () => {
      throw new Error('only `check` asks for access');
    },
    quota: () => null,
  };
}

function isOn(comment: Comment, id: string): boolean {
  return comment.on.kind === 'issue' && comment.on.issueId === id;
}
