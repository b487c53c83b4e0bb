/**
 * What we know we have seen of a list that Linear orders by `updatedAt`: a watermark, and the versions near it. Values,
 * not state: a failed read simply never becomes the new value.
 */
import type { EpochMs } from '../domain/issue.ts';
import type { Version } from './wire.ts';

export interface Seen {
  /** Nothing that changed before this needs to be asked for again. */
  readonly floor: EpochMs;
  readonly newest: EpochMs;
  /** What was seen at or after the floor. */
  readonly versions: ReadonlyMap<string, EpochMs>;
}

/**
 * A change carries the time its transaction began, so it can show up after a younger one was read. What lies this far
 * behind the watermark is asked for again, minus the versions known from there.
 */
const OVERLAP_MS = 5_000;
/** A bulk edit must not blow up every later filter: beyond this many the floor rises instead. */
const VERSIONS_MAX = 300;

/** Before anything was seen that changed at `floor` or later. */
export function unseenFrom(floor: EpochMs): Seen {
  return { floor, newest: floor, versions: new Map() };
}

export function isNews(seen: Seen, { id, updatedAt }: Version): boolean {
  if (updatedAt < seen.floor) return false;
  const known = seen.versions.get(id);
  return known === undefined || known < updatedAt;
}

/** A complete list of the news was read: the watermark moves to its newest entry. */
export function withList(seen: Seen, listed: readonly Version[]): Seen {
  return remember(seen, listed, Math.max(seen.newest, ...listed.map((version) => version.updatedAt)));
}

/** Single things were read, maybe later than the list: they are known, but say nothing about what else changed by then. */
export function withRead(seen: Seen, read: readonly Version[]): Seen {
  return remember(seen, read, seen.newest);
}

function remember(seen: Seen, versions: readonly Version[], newest: EpochMs): Seen {
  const all = new Map(seen.versions);
  for (const { id, updatedAt } of versions) all.set(id, Math.max(updatedAt, all.get(id) ?? 0));
  const floor = Math.max(seen.floor, newest - OVERLAP_MS);
  const kept = [...all].filter(([, at]) => at >= floor).sort(([, one], [, other]) => other - one);
  const crowd = kept[VERSIONS_MAX];
  if (crowd === undefined) return { floor, newest, versions: new Map(kept) };
  const raised = crowd[1] + 1;
  return { floor: raised, newest: Math.max(newest, raised), versions: new Map(kept.filter(([, at]) => at >= raised)) };
}

/**
 * The part of a filter that leaves out what is known. An idle list is empty then, however many things share the newest
 * millisecond. Written with `gte` alone, so that finer timestamps on Linear's side cannot make a known version new.
 */
export function newsFilter(seen: Seen): Readonly<Record<string, unknown>> {
  const byMoment = new Map<EpochMs, string[]>();
  for (const [id, at] of seen.versions) byMoment.set(at, [...(byMoment.get(at) ?? []), id]);
  const known = [...byMoment].map(([at, ids]) => ({
    or: [{ id: { nin: ids } }, { updatedAt: { gte: new Date(at + 1).toISOString() } }],
  }));
  return { updatedAt: { gte: new Date(seen.floor).toISOString() }, ...(known.length === 0 ? {} : { and: known }) };
}
