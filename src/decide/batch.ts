/**
 * Several pull requests tested and merged as one, where `batchMax` asks for it: their heads are merged on top of the base, one
 * after another, on a branch of its own with a pull request of its own, and what is tested there lands as it is. Each must
 * have passed the gate by itself, and no two touch the same file, so that nothing that was judged is different there.
 *
 * Red together, the same ones are tried in halves: of a batch that failed at most half go together again. One that is left
 * alone goes the usual way, where its own checks say what is wrong with it.
 *
 * The ledger is all that is remembered: who was in a batch stands in the key of the effect that opened it.
 */
import type { Effect } from '../domain/effect.ts';
import type { EpochMs } from '../domain/issue.ts';
import { baseSubject, subjectKey } from '../domain/run.ts';
import { mayHaveHappened } from './effects.ts';
import { effectsOf } from './effects-of.ts';
import { BRANCH_PREFIX } from './review-others.ts';

export interface BatchMember {
  readonly number: number;
  /** What was judged, and what is merged. */
  readonly head: string;
}

export interface Batch {
  /** Of the effect that opens it. */
  readonly key: string;
  readonly repository: string;
  readonly baseBranch: string;
  /** The tip it is built on. */
  readonly base: string;
  /** In the order they are merged. */
  readonly members: readonly BatchMember[];
  readonly opened: Effect;
  /** Once it is open: its pull request, and the commit that holds all of it. */
  readonly pullRequest: { readonly number: number; readonly head: string } | null;
  /** How it ended: it landed, its checks failed, or it was overtaken. Null while it stands. */
  readonly dropped: DropReason | null;
}

/** `red`: these do not go together as they are. `stale`: something moved, which says nothing about them. */
export type DropReason = 'landed' | 'red' | 'stale';

export function batchKey(
  repository: string,
  baseBranch: string,
  base: string,
  members: readonly BatchMember[],
): string {
  // A branch's name holds no colon.
  return `batch:${repository}:${baseBranch}:${base}:${members.map(({ number, head }) => `${number}@${head}`).join('+')}`;
}

export function dropKey(batch: Pick<Batch, 'key'>, why: DropReason): string {
  return `drop:${why}:${batch.key}`;
}

/** Why nothing was put together: it is about these, and smaller groups are tried. Any other refusal would meet them as well. */
export const NOT_TOGETHER = 'they do not merge cleanly, or would change other files together than each by itself';

/** The numbers make it readable; the base and the heads are in the marker of its pull request. */
export function batchBranch({ base, members }: Pick<Batch, 'base' | 'members'>): string {
  return `${BRANCH_PREFIX}batch/${members.map(({ number }) => number).join('-')}-on-${base.slice(0, 12)}`;
}

/** The batches of one base branch, oldest first. */
export function batchesOn(
  effects: ReadonlyMap<string, Effect>,
  repository: string,
  baseBranch: string,
): readonly Batch[] {
  const own = [...effectsOf(effects, baseSubject(repository, baseBranch)).values()];
  const drops = own.filter((effect) => effect.kind === 'drop-batch');
  return own.flatMap((opened) => {
    const batch = opened.kind === 'open-batch' ? read(opened) : null;
    const ends = batch === null ? [] : drops.filter(({ key }) => key.endsWith(`:${batch.key}`));
    return batch === null ? [] : [{ ...batch, dropped: reasonOf(ends) }];
  });
}

/** Those of all base branches. */
export function allBatches(effects: ReadonlyMap<string, Effect>): readonly Batch[] {
  const lanes = new Map<string, Batch>();
  for (const effect of effects.values()) {
    const batch = effect.kind === 'open-batch' ? read(effect) : null;
    if (batch !== null) lanes.set(`${batch.repository} ${batch.baseBranch}`, batch);
  }
  return [...lanes.values()].flatMap(({ repository, baseBranch }) => batchesOn(effects, repository, baseBranch));
}

/** The batch that this pull request is; null for any other pull request. */
export function batchOf(effects: ReadonlyMap<string, Effect>, repository: string, number: number): Batch | null {
  return allBatches(effects).find((one) => one.repository === repository && one.pullRequest?.number === number) ?? null;
}

/** Its merge, in the ledger: under the pull request's own name, as every merge of one that no issue stands behind. */
export function batchMergeKey({ repository, base, pullRequest }: Batch): string | null {
  if (pullRequest === null) return null;
  const { number, head } = pullRequest;
  return `merge:${subjectKey({ kind: 'pull-request', repository, number })}:${head}:${base}:merge`;
}

/** Its merge was asked for, and what became of that is not known yet. */
export function mayLand(effects: ReadonlyMap<string, Effect>, batch: Batch): boolean {
  const merge = mergeOf(effects, batch);
  return merge !== null && merge.confirmedAt === null && mayHaveHappened(merge);
}

export function landedBatch(effects: ReadonlyMap<string, Effect>, batch: Batch): string | null {
  return mergeOf(effects, batch)?.outsideId ?? null;
}

/** The report that what it landed was compared with what was tested. */
export function batchReport({ repository, pullRequest }: Batch, commit: string): string {
  return `merged:${subjectKey({ kind: 'pull-request', repository, number: pullRequest?.number ?? 0 })}:${commit}`;
}

/** Compared with what was tested, and found right or wrong. */
export function isLookedAt(reported: ReadonlySet<string>, batch: Batch, commit: string): boolean {
  return reported.has(batchReport(batch, commit)) || reported.has(`frozen:${batch.repository}:${commit}`);
}

/** When the call was made last that nobody answered. */
export function mergeAskedAt(effects: ReadonlyMap<string, Effect>, batch: Batch): EpochMs {
  const merge = mergeOf(effects, batch);
  return merge?.unheardSince ?? merge?.intendedAt ?? 0;
}

/** Has to be looked at whatever its state on GitHub: it stands, or what became of its merge is not known. */
export function isWatched(effects: ReadonlyMap<string, Effect>, batch: Batch, now: EpochMs): boolean {
  return batch.dropped === null || (mayLand(effects, batch) && now - mergeAskedAt(effects, batch) < DAY_MS);
}

function mergeOf(effects: ReadonlyMap<string, Effect>, batch: Batch): Effect | null {
  const key = batchMergeKey(batch);
  return key === null ? null : (effects.get(key) ?? null);
}

/** A failure this old is no reason any more: what made it red may have been mended by others. */
export const DAY_MS = 24 * 3_600_000;

export interface Willing extends BatchMember {
  readonly files: readonly string[];
}

/** So many that failed one after another, and their checks say nothing of those in them: for a day each goes alone. */
const FAILED_IN_A_ROW_MAX = 6;

/**
 * Who goes together next, of those that may, in their order; fewer than two are no batch. Who is first is always in it. Where
 * he was in one that failed, he goes with at most half of those and with nobody else: in ever new company what is wrong with
 * him would fail one batch after another.
 */
export function chooseBatch(
  willing: readonly Willing[],
  earlier: readonly Batch[],
  max: number,
  now: EpochMs,
): readonly BatchMember[] {
  const [first] = willing;
  const failed = unexplained(earlier.filter(({ dropped, opened }) => dropped === 'red' && isFresh(opened, now)));
  if (first === undefined || failedInARow(earlier, now) >= FAILED_IN_A_ROW_MAX) return [];
  const limits = failed
    .map(({ members }) => members.filter((one) => willing.some(same(one))))
    .map((left) => ({ left, max: Math.floor(left.length / 2) }));
  const suspects = limits.map(({ left }) => left).filter((left) => left.some(same(first)));
  const [closest] = suspects.toSorted((one, other) => one.length - other.length);
  const chosen: Willing[] = [];
  const files = new Set<string>();
  for (const one of willing) {
    if (chosen.length === max) break;
    if (closest !== undefined && !closest.some(same(one))) continue;
    if (one.files.some((path) => files.has(path))) continue;
    const together = (left: readonly BatchMember[]): number => left.filter((it) => chosen.some(same(it))).length;
    if (limits.some((limit) => limit.left.some(same(one)) && together(limit.left) >= limit.max)) continue;
    chosen.push(one);
    for (const path of one.files) files.add(path);
  }
  const alone = chosen.length < 2 || chosen[0] !== first;
  return alone ? [] : chosen.map(({ number, head }) => ({ number, head }));
}

function same(one: BatchMember): (other: BatchMember) => boolean {
  return (other) => one.number === other.number && one.head === other.head;
}

function isFresh({ intendedAt }: Effect, now: EpochMs): boolean {
  return now - intendedAt < DAY_MS;
}

/** Where some of a batch failed by themselves too, they are why it did, and it says nothing about the others. */
function unexplained(failed: readonly Batch[]): readonly Batch[] {
  const explains = (some: Batch, all: Batch): boolean =>
    some.members.length < all.members.length && some.members.every((one) => all.members.some(same(one)));
  return failed.filter((one) => !failed.some((other) => explains(other, one)));
}

function failedInARow(earlier: readonly Batch[], now: EpochMs): number {
  const told = earlier.filter(({ dropped, opened }) => dropped !== 'stale' && isFresh(opened, now));
  const landed = told.findLastIndex(({ dropped }) => dropped === 'landed');
  return told.length - 1 - landed;
}

function read(opened: Effect): (Omit<Batch, 'dropped'> & { dropped: null }) | null {
  const [, repository, baseBranch, base, members] = opened.key.split('~')[0]?.split(':') ?? [];
  if (repository === undefined || baseBranch === undefined || base === undefined || members === undefined) return null;
  const [number, head] = opened.outsideId?.split('@') ?? [];
  return {
    key: opened.key,
    repository,
    baseBranch,
    base,
    members: members.split('+').map((one) => {
      const [at = '', of = ''] = one.split('@');
      return { number: Number(at), head: of };
    }),
    opened,
    pullRequest: number === undefined || head === undefined ? null : { number: Number(number), head },
    dropped: null,
  };
}

function reasonOf(drops: readonly Effect[]): DropReason | null {
  const [, why] = drops[0]?.key.split(':') ?? [];
  return why === 'landed' || why === 'red' || why === 'stale' ? why : null;
}
