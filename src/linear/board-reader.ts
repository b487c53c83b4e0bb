/** The small reads behind an observation: what changed, which relations are new, which states a team has. */
import type { EpochMs, WorkflowState } from '../domain/issue.ts';
import { allPages } from './all-pages.ts';
import { CHANGED_ISSUES, NEWEST_RELATIONS, PROBE, PROBE_COMMENTS, PROBE_ISSUES, STATES } from './documents.ts';
import type { LinearRequest } from './linear-request.ts';
import type { Filter } from './watch-scope.ts';
import { changedIssuesAnswer, probeAnswer, relationsAnswer, statesAnswer, type Version } from './wire.ts';

export interface BoardReader {
  probe(attempted: string, issues: Filter, comments: Filter): Promise<Probe>;
  /** Ids and times of changes, newest first; stops after the page that has more than `enough`. */
  versions(attempted: string, filter: Filter, enough: number): Promise<Version[]>;
  /** Issues at the receiving end of relations made or changed since. Null when there are more than one look shows. */
  newestRelations(attempted: string, since: EpochMs): Promise<string[] | null>;
  /** By team key, in the team's own order. */
  states(attempted: string, teamKeys: readonly string[]): Promise<ReadonlyMap<string, readonly WorkflowState[]>>;
}

export interface Probe {
  readonly issues: readonly Version[];
  readonly issuesMayHideMore: boolean;
  readonly comments: readonly Version[];
  readonly commentsMayHideMore: boolean;
  readonly relation: Version | null;
}

const VERSIONS_PER_PAGE = 25;
const RELATIONS_PER_LOOK = 20;
const STATES_PER_PAGE = 60;

export function createBoardReader(request: LinearRequest): BoardReader {
  return {
    async probe(attempted, issues, comments) {
      const answer = await request.send(attempted, PROBE, { issues, comments }, probeAnswer);
      return {
        issues: answer.issues.nodes,
        issuesMayHideMore: answer.issues.nodes.length >= PROBE_ISSUES,
        comments: answer.comments.nodes,
        commentsMayHideMore: answer.comments.nodes.length >= PROBE_COMMENTS,
        relation: answer.issueRelations.nodes[0] ?? null,
      };
    },

    async versions(attempted, filter, enough) {
      let count = 0;
      return allPages(
        attempted,
        async (after) => {
          const variables = { filter, first: VERSIONS_PER_PAGE, after };
          return (await request.send(attempted, CHANGED_ISSUES, variables, changedIssuesAnswer)).issues;
        },
        {
          until: (nodes) => {
            count += nodes.length;
            return count > enough;
          },
        },
      );
    },

    async newestRelations(attempted, since) {
      const variables = { first: RELATIONS_PER_LOOK };
      const { issueRelations } = await request.send(attempted, NEWEST_RELATIONS, variables, relationsAnswer);
      const fresh = issueRelations.nodes.filter((relation) => relation.updatedAt >= since);
      const mayHideMore = fresh.length === issueRelations.nodes.length && fresh.length >= RELATIONS_PER_LOOK;
      return mayHideMore ? null : fresh.map((relation) => relation.relatedIssue.id);
    },

    async states(attempted, teamKeys) {
      const filter = { team: { key: { in: teamKeys } } };
      const nodes = await allPages(attempted, async (after) => {
        const variables = { filter, first: STATES_PER_PAGE, after };
        return (await request.send(attempted, STATES, variables, statesAnswer)).workflowStates;
      });
      const states = new Map<string, WorkflowState[]>();
      for (const { id, name, type, team } of nodes.toSorted((one, other) => one.position - other.position)) {
        states.set(team.key, [...(states.get(team.key) ?? []), { id, name, type }]);
      }
      return states;
    },
  };
}
