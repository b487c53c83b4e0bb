/**
 * Keeps the board in memory and looks for what changed since: one probe of at most 15 points when nothing did, the
 * changed issues in full when something did, and a sweep of everything now and then. All reads of one observation
 * succeed before any of them counts, so a failed read loses nothing: the next observation finds the same news again.
 */
import type { Comment, EpochMs, Issue, WorkflowState } from '../domain/issue.ts';
import { OutsideError } from '../domain/outside-error.ts';
import type { BoardObservation, TrackerWatch } from '../heartbeat/ports.ts';
import type { BoardReader } from './board-reader.ts';
import { isSettled } from './map-issue.ts';
import type { IssueReader } from './read-issues.ts';
import { isNews, newsFilter, type Seen, unseenFrom, withList, withRead } from './seen.ts';
import { boardFilter, both, isOnBoard, placesKey, scopeFilter, teamKeys } from './watch-scope.ts';
import type { Version } from './wire.ts';

export interface BoardObserver {
  observe(watch: TrackerWatch): Promise<BoardObservation>;
  /** This issue is read again at the next observation, whatever its timestamp says: we have just written to it. */
  touch(issueId: string): void;
}

/** What the last successful observation left behind. */
interface Known {
  readonly places: string;
  readonly commentsSince: EpochMs;
  readonly sweptAt: EpochMs;
  /** Issues of the board, by id. */
  readonly issues: ReadonlyMap<string, Issue>;
  /** Tracked issues that do not exist any more; without them here every tick would sweep in search of them. */
  readonly gone: ReadonlySet<string>;
  readonly states: ReadonlyMap<string, readonly WorkflowState[]>;
  readonly seenIssues: Seen;
  readonly seenComments: Seen;
  readonly newestRelation: Version | null;
}

interface Look {
  readonly next: Known;
  readonly comments: readonly Comment[];
  readonly how: BoardObservation['how'];
}

/** More changes than this at once are read as a sweep, which does not care how many there are. */
const CHANGES_MAX = 40;
const READ = 'read the Linear board';

export function createBoardObserver(
  board: BoardReader,
  reader: IssueReader,
  options: { readonly sweepMs: number; readonly now: () => EpochMs },
): BoardObserver {
  let known: Known | null = null;
  const touched = new Set<string>();

  async function observe(watch: TrackerWatch): Promise<BoardObservation> {
    const rereads = [...touched];
    const before = known;
    const fits = before !== null && !needsSweep(before, watch);
    const { next, comments, how } = fits ? await look(before, watch, rereads) : await sweep(before, watch);
    known = next;
    for (const id of rereads) touched.delete(id);
    const issues = [...next.issues.values()].filter((issue) => isOnBoard(issue, watch));
    const gone = new Set([...next.gone].filter((id) => !next.issues.has(id)));
    return { board: { issues, gone, states: next.states }, comments, how };
  }

  function needsSweep(before: Known, watch: TrackerWatch): boolean {
    return (
      before.places !== placesKey(watch) ||
      watch.commentsSince < before.commentsSince ||
      options.now() - before.sweptAt >= options.sweepMs ||
      watch.tracked.some((id) => !before.issues.has(id) && !before.gone.has(id))
    );
  }

  async function look(before: Known, watch: TrackerWatch, rereads: readonly string[]): Promise<Look> {
    const issueFilter = both(scopeFilter(watch, issueIds(watch, before)), newsFilter(before.seenIssues));
    const commentFilter = both({ issue: scopeFilter(watch, boardIds(watch, before)) }, newsFilter(before.seenComments));
    const probe = await board.probe(READ, issueFilter, commentFilter);

    const listed = probe.issuesMayHideMore ? await board.versions(READ, issueFilter, CHANGES_MAX) : probe.issues;
    const changed = listed.filter((version) => isNews(before.seenIssues, version));
    const blocked = await newlyBlocked(before, probe.relation);
    const ids = [...new Set([...changed.map(({ id }) => id), ...(blocked ?? []), ...rereads])];
    if (blocked === null || ids.length > CHANGES_MAX) return sweep(before, watch);

    const commentNews =
      probe.commentsMayHideMore || probe.comments.some((version) => isNews(before.seenComments, version));
    const read = await readAll(ids, changed);
    const fresh = commentNews ? await reader.comments(READ, commentFilter) : { comments: [], versions: [] };
    const next: Known = {
      ...before,
      commentsSince: watch.commentsSince,
      issues: merged(before.issues, read, watch),
      seenIssues: withRead(withList(before.seenIssues, changed), read),
      seenComments: withRead(withList(before.seenComments, probe.comments), fresh.versions),
      newestRelation: probe.relation,
    };
    const news = new Set(fresh.versions.filter((each) => isNews(before.seenComments, each)).map(({ id }) => id));
    const comments = fresh.comments.filter(({ id }) => news.has(id));
    return { next, comments, how: ids.length === 0 && comments.length === 0 ? 'unchanged' : 'changes' };
  }

  async function readAll(ids: readonly string[], changed: readonly Version[]): Promise<readonly Issue[]> {
    if (ids.length === 0) return [];
    const read = await reader.named(READ, ids);
    const lost = changed.find(({ id }) => !read.some((issue) => issue.id === id));
    if (lost === undefined) return read;
    throw new OutsideError('unreachable', READ, `Linear listed issue ${lost.id} as changed and then did not return it`);
  }

  /** Issues of the board that were given a relation since. Null when there were more than one look shows. */
  async function newlyBlocked(before: Known, newest: Version | null): Promise<readonly string[] | null> {
    const mark = before.newestRelation;
    if (newest === null || (newest.id === mark?.id && newest.updatedAt === mark.updatedAt)) return [];
    const relations = await board.newestRelations(READ, mark?.updatedAt ?? 0);
    return relations?.filter((id) => before.issues.has(id)) ?? null;
  }

  async function sweep(before: Known | null, watch: TrackerWatch): Promise<Look> {
    const sweptAt = options.now();
    reader.forgetLabels();
    // The marks are taken first: what changes while the sweep reads is newer than they are, and will be news.
    const commented = { issue: scopeFilter(watch, boardIds(watch, before)) };
    const marks = await board.probe(READ, scopeFilter(watch, issueIds(watch, before)), commented);
    const [states, listed] = await Promise.all([
      board.states(READ, teamKeys(watch)),
      reader.matching(READ, boardFilter(watch)),
    ]);
    const listedIds = new Set(listed.map(({ id }) => id));
    const others = await readOthers(
      boardIds(watch, before).filter((id) => !listedIds.has(id)),
      watch,
    );

    const read = [...listed, ...others];
    const readIds = new Set(read.map(({ id }) => id));
    const kept = new Map([...(before?.issues ?? [])].filter(([id]) => readIds.has(id)));
    const issues = merged(kept, read, watch);
    const gone = new Set(watch.tracked.filter((id) => !readIds.has(id)));
    const base = { places: placesKey(watch), commentsSince: watch.commentsSince, sweptAt, issues, gone, states };
    const since = both(
      { issue: scopeFilter(watch, boardIds(watch, base)) },
      newsFilter(unseenFrom(watch.commentsSince)),
    );
    const [{ comments, versions }, seen] = await Promise.all([
      reader.comments(READ, since),
      seenUpTo(marks.issues, watch, base),
    ]);
    const next: Known = {
      ...base,
      seenIssues: withRead(seen, read),
      seenComments: withRead(withList(unseenFrom(watch.commentsSince), marks.comments), versions),
      newestRelation: marks.relation,
    };
    return { next, comments, how: 'sweep' };
  }

  /** Issues near the mark that are not on the board (done, backlog) are known too, or every later probe would stumble over them. */
  async function seenUpTo(marks: readonly Version[], watch: TrackerWatch, base: Ids): Promise<Seen> {
    const mark = withList(unseenFrom(0), marks);
    if (marks.length === 0) return mark;
    const near = {
      updatedAt: { gte: new Date(mark.floor).toISOString(), lte: new Date(mark.newest).toISOString() },
    };
    const scope = scopeFilter(watch, issueIds(watch, base));
    return withRead(mark, await board.versions(READ, both(scope, near), Number.POSITIVE_INFINITY));
  }

  /** A tracked issue that is missing is asked for twice, because its absence stops work. */
  async function readOthers(ids: readonly string[], watch: TrackerWatch): Promise<readonly Issue[]> {
    if (ids.length === 0) return [];
    const read = await reader.named(READ, ids);
    const missing = watch.tracked.filter((id) => ids.includes(id) && !read.some((issue) => issue.id === id));
    return missing.length === 0 ? read : [...read, ...(await reader.named(READ, missing))];
  }

  return { observe, touch: (issueId) => void touched.add(issueId) };
}

type Ids = Pick<Known, 'issues'>;

/** Issues whose comments we want: tracked or on the board. */
function boardIds(watch: TrackerWatch, known: Ids | null): string[] {
  return [...new Set([...watch.tracked, ...(known?.issues.keys() ?? [])])];
}

/** Issues whose changes we want: those, and whatever blocks them. */
function issueIds(watch: TrackerWatch, known: Ids | null): string[] {
  const blockers = [...(known?.issues.values() ?? [])].flatMap((issue) => issue.blockers.map((blocker) => blocker.id));
  return [...new Set([...boardIds(watch, known), ...blockers])];
}

/** The board after these reads. An older version than the one we hold comes from a lagging replica and is not believed. */
function merged(before: ReadonlyMap<string, Issue>, read: readonly Issue[], watch: TrackerWatch): Map<string, Issue> {
  const issues = new Map(before);
  for (const issue of read) {
    if ((issues.get(issue.id)?.updatedAt ?? 0) > issue.updatedAt) continue;
    if (isOnBoard(issue, watch)) issues.set(issue.id, issue);
    else issues.delete(issue.id);
  }
  // A blocker that moves need not touch the issue it blocks, so its state is carried over from its own read.
  const byId = new Map(read.map((issue) => [issue.id, issue]));
  for (const issue of issues.values()) {
    if (!issue.blockers.some((blocker) => byId.has(blocker.id))) continue;
    const blockers = issue.blockers.map((blocker) => {
      const now = byId.get(blocker.id);
      return now === undefined ? blocker : { ...blocker, settled: isSettled(now.state.type, now.archived) };
    });
    issues.set(issue.id, { ...issue, blockers });
  }
  return issues;
}
