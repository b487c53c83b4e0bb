/** Which issues are ours to see, as filters for Linear and as the same question asked of an issue already read. */
import type { Issue } from '../domain/issue.ts';
import type { TrackerWatch } from '../heartbeat/ports.ts';

export type Filter = Readonly<Record<string, unknown>>;

/** Issues in these types of state make up the board; others matter only while they are tracked or block something. */
const BOARD_STATE_TYPES = ['unstarted', 'started'] as const;

/** Any issue of the watched teams and projects, whatever its state, and these ones wherever they are. */
export function scopeFilter(watch: TrackerWatch, ids: readonly string[]): Filter {
  return { or: [...places(watch), ...(ids.length === 0 ? [] : [{ id: { in: ids } }])] };
}

/** What a sweep reads. */
export function boardFilter(watch: TrackerWatch): Filter {
  return { and: [{ or: places(watch) }, { state: { type: { in: BOARD_STATE_TYPES } } }] };
}

export function isOnBoard(issue: Issue, watch: TrackerWatch): boolean {
  if (watch.tracked.includes(issue.id)) return true;
  if (issue.archived || !BOARD_STATE_TYPES.some((type) => type === issue.state.type)) return false;
  return watch.projects.some(
    ({ team, linearProject }) =>
      team === issue.teamKey && (linearProject === null || linearProject === issue.projectName),
  );
}

/** Names the watched places; another name means that what was read before says nothing about now. */
export function placesKey(watch: TrackerWatch): string {
  return JSON.stringify(places(watch));
}

export function teamKeys(watch: TrackerWatch): string[] {
  return [...new Set(watch.projects.map((project) => project.team))];
}

export function both(one: Filter, other: Filter): Filter {
  return { and: [one, other] };
}

function places(watch: TrackerWatch): Filter[] {
  return watch.projects.map(({ team, linearProject }) => ({
    team: { key: { eq: team } },
    ...(linearProject === null ? {} : { project: { name: { eq: linearProject } } }),
  }));
}
