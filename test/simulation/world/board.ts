/** Linear: issues with the history of their moves, comments and links. Who did what is in the world's log, not in names. */
import type { Actor, Comment, Issue, WorkflowState } from '../../../src/domain/issue.ts';
import { ADA, MALLORY, ROBOT, STATES } from '../../decide/make.ts';
import type { By, Tell } from './happening.ts';
import type { Keep } from './memory.ts';
import type { Timeline } from './timeline.ts';

const TEAM = 'ENG';

/** Everybody acts under a name; the bot's key is Ada's own, so no name tells its acts from hers. */
const NAMES: Readonly<Record<By, Actor>> = { bot: ADA, person: ADA, stranger: MALLORY, forge: ROBOT };
const HANDLES: Readonly<Record<By, string>> = {
  bot: 'ada@acme.test',
  person: 'ada@acme.test',
  stranger: 'mallory@else.test',
  forge: 'github',
};

export interface Board {
  readonly issues: ReadonlyMap<string, Issue>;
  readonly comments: readonly Comment[];
  readonly links: ReadonlyMap<string, { readonly issueId: string; readonly title: string; readonly subtitle: string }>;
  /** When the bot last looked at this one issue. */
  readonly readAt: Map<string, number>;
  create(key: string, value: Partial<Issue>): void;
  issue(id: string): Issue;
  /** The id of the history entry it made. */
  move(id: string, to: WorkflowState, by: By): string;
  edit(id: string, value: Partial<Issue>, by: By): void;
  comment(comment: {
    readonly id: string | null;
    readonly issueId: string;
    readonly body: string;
    readonly by: By;
  }): void;
  editComment(id: string, body: string, by: By): void;
  link(link: {
    readonly issueId: string;
    readonly url: string;
    readonly title: string;
    readonly subtitle: string;
  }): string;
}

export function issueId(key: string): string {
  return `issue-${key}`;
}

export function createBoard(timeline: Timeline, tell: Tell, keep: Keep): Board {
  const own = keep({
    issues: new Map<string, Issue>(),
    comments: [] as Comment[],
    links: new Map<string, { issueId: string; title: string; subtitle: string }>(),
    readAt: new Map<string, number>(),
    counter: 0,
  });
  const { issues, comments, links, readAt } = own;

  const get = (id: string): Issue => {
    const found = issues.get(id);
    if (found === undefined) throw new Error(`there is no issue ${id}`);
    return found;
  };

  return {
    issues,
    comments,
    links,
    readAt,
    issue: get,
    create: (key, value) => {
      const now = timeline.now();
      issues.set(issueId(key), {
        id: issueId(key),
        key,
        title: `Change ${key}`,
        description: `Do what ${key} says.`,
        url: `https://linear.test/${key}`,
        priority: 2,
        createdAt: now,
        updatedAt: now,
        teamKey: TEAM,
        projectName: null,
        state: STATES.backlog,
        labels: [],
        assignees: [],
        creator: ADA,
        blockers: [],
        archived: false,
        lastMove: null,
        ...value,
      });
    },
    move: (id, state, by) => {
      const issue = get(id);
      // Linear keeps no history of what changes nothing: a move that arrives twice is there once.
      if (issue.state.id === state.id && issue.lastMove !== null) return issue.lastMove.historyId;
      own.counter += 1;
      const historyId = `history-${own.counter}`;
      const lastMove = { historyId, toStateId: state.id, at: timeline.now(), actor: NAMES[by] };
      issues.set(id, { ...issue, state, lastMove, updatedAt: timeline.now() });
      tell({ kind: 'moved', by, issueId: id, from: issue.state.type, to: state.type, toName: state.name });
      return historyId;
    },
    edit: (id, value, by) => {
      issues.set(id, { ...get(id), ...value, updatedAt: timeline.now() });
      tell({ kind: 'issue-edited', by, issueId: id, what: Object.keys(value).join(', ') });
    },
    comment: ({ id, issueId, body, by }) => {
      own.counter += 1;
      comments.push({
        id: id ?? `comment-${own.counter}`,
        on: { kind: 'issue', issueId },
        author: NAMES[by],
        handle: HANDLES[by],
        body,
        at: timeline.now(),
      });
      tell({ kind: 'issue-commented', by, issueId, id: id ?? `comment-${own.counter}`, body });
    },
    editComment: (id, body, by) => {
      const at = comments.findIndex((one) => one.id === id);
      const comment = comments[at];
      if (comment === undefined) throw new Error(`there is no comment ${id}`);
      comments[at] = { ...comment, body };
      if (comment.on.kind === 'issue') tell({ kind: 'comment-edited', by, issueId: comment.on.issueId, id, body });
    },
    link: ({ issueId, url, title, subtitle }) => {
      links.set(url, { issueId, title, subtitle });
      tell({ kind: 'linked', by: 'bot', issueId, url });
      return `link-${url}`;
    },
  };
}
