/** Full reads of issues and comments: every page, every blocker, and the newest move into the state an issue is in. */
import type { Comment, EpochMs, Issue, Move } from '../domain/issue.ts';
import { allPages, chunksOf } from './all-pages.ts';
import { COMMENTS, ISSUE_BLOCKERS, ISSUE_MOVES, ISSUES, LABELS_BY_ID } from './documents.ts';
import type { LinearRequest } from './linear-request.ts';
import { mapComment, mapIssue, mapMove } from './map-issue.ts';
import type { Filter } from './watch-scope.ts';
import {
  blockersAnswer,
  commentsAnswer,
  issuesAnswer,
  labelsByIdAnswer,
  movesAnswer,
  type Version,
  type WireBlocker,
  type WireIssue,
  type WireMove,
} from './wire.ts';

export interface IssueReader {
  matching(attempted: string, filter: Filter): Promise<Issue[]>;
  /** Those of these that exist, archived ones too. Names may be ids or human keys. */
  named(attempted: string, names: readonly string[]): Promise<Issue[]>;
  comments(attempted: string, filter: Filter): Promise<{ readonly comments: Comment[]; readonly versions: Version[] }>;
  /** Label names are read again when next needed: a renamed label touches no issue. */
  forgetLabels(): void;
}

/** Page sizes keep each request under 1,000 points. */
const ISSUES_PER_PAGE = 20;
const BLOCKERS_PER_PAGE = 50;
const MOVES_PER_PAGE = 40;
const COMMENTS_PER_PAGE = 30;
const LABELS_PER_PAGE = 100;

export function createIssueReader(request: LinearRequest): IssueReader {
  const labelNames = new Map<string, string>();

  async function pages(attempted: string, filter: Filter, first: number): Promise<WireIssue[]> {
    return allPages(attempted, async (after) => {
      return (await request.send(attempted, ISSUES, { filter, first, after }, issuesAnswer)).issues;
    });
  }

  async function complete(attempted: string, wires: readonly WireIssue[]): Promise<Issue[]> {
    await learnLabels(
      attempted,
      wires.flatMap((wire) => wire.labelIds),
    );
    const issues: Issue[] = [];
    for (const wire of wires) {
      const labels = wire.labelIds.flatMap((id) => labelNames.get(id) ?? []);
      const blockers = await allBlockers(attempted, wire);
      issues.push(mapIssue({ wire, labels, blockers, lastMove: await lastMove(attempted, wire) }));
    }
    return issues;
  }

  async function allBlockers(attempted: string, { id, inverseRelations }: WireIssue): Promise<readonly WireBlocker[]> {
    if (!inverseRelations.pageInfo.hasNextPage) return inverseRelations.nodes;
    return allPages(attempted, async (after) => {
      const variables = { id, first: BLOCKERS_PER_PAGE, after };
      return (await request.send(attempted, ISSUE_BLOCKERS, variables, blockersAnswer)).issue.inverseRelations;
    });
  }

  async function lastMove(attempted: string, { id, state, history }: WireIssue): Promise<Move | null> {
    const isIt = (entry: WireMove) => entry.toStateId === state.id;
    let found = history.nodes.find(isIt);
    if (found === undefined && history.pageInfo.hasNextPage) {
      // History is newest first, so reading may stop at the page that has it.
      const older = await allPages(
        attempted,
        async (after) => {
          const variables = { id, first: MOVES_PER_PAGE, after };
          return (await request.send(attempted, ISSUE_MOVES, variables, movesAnswer)).issue.history;
        },
        { after: history.pageInfo.endCursor ?? null, until: (entries) => entries.some(isIt) },
      );
      found = older.find(isIt);
    }
    return found === undefined ? null : mapMove(found, state.id);
  }

  async function learnLabels(attempted: string, ids: readonly string[]): Promise<void> {
    const unknown = [...new Set(ids)].filter((id) => !labelNames.has(id));
    for (const chunk of chunksOf(unknown, LABELS_PER_PAGE)) {
      const labels = await allPages(attempted, async (after) => {
        const variables = { ids: chunk, first: chunk.length, after };
        return (await request.send(attempted, LABELS_BY_ID, variables, labelsByIdAnswer)).issueLabels;
      });
      for (const { id, name } of labels) labelNames.set(id, name);
    }
  }

  return {
    matching: async (attempted, filter) => complete(attempted, await pages(attempted, filter, ISSUES_PER_PAGE)),
    async named(attempted, names) {
      const wires: WireIssue[] = [];
      for (const chunk of chunksOf(names, ISSUES_PER_PAGE)) {
        wires.push(...(await pages(attempted, { id: { in: chunk } }, chunk.length)));
      }
      return complete(attempted, wires);
    },
    async comments(attempted, filter) {
      const wires = await allPages(attempted, async (after) => {
        const variables = { filter, first: COMMENTS_PER_PAGE, after };
        return (await request.send(attempted, COMMENTS, variables, commentsAnswer)).comments;
      });
      return { comments: oldestFirst(wires.flatMap((wire) => mapComment(wire) ?? [])), versions: wires };
    },
    forgetLabels: () => labelNames.clear(),
  };
}

function oldestFirst<T extends { readonly at: EpochMs }>(comments: readonly T[]): T[] {
  return comments.toSorted((one, other) => one.at - other.at);
}
