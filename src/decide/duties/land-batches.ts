/** Part of duty merge: pull requests that are tested and merged together, where a project's `batchMax` asks for it. */
import type { Action, JudgedPart, Merge } from '../../domain/action.ts';
import type { PullRequest, RepositoryView } from '../../domain/pull-request.ts';
import type { ProjectSettings } from '../../domain/settings.ts';
import { all, type Verdict } from '../../domain/verdict.ts';
import {
  allBatches,
  type Batch,
  batchesOn,
  batchKey,
  batchMergeKey,
  chooseBatch,
  DAY_MS,
  type DropReason,
  dropKey,
  isLookedAt,
  NOT_TOGETHER,
} from '../batch.ts';
import {
  approvedStatus,
  approvingReview,
  dropBatch,
  keptBatch,
  mergeBatch,
  namesOf,
  openBatch,
  refusalKey,
  refusedBatch,
  reviewKey,
  statusKey,
  type Unopened,
  verifyBatch,
  waitingBatch,
} from '../batch-actions.ts';
import { isOpenEnded, landedAs, mayStillLand } from '../batch-standing.ts';
import { requiredChecks } from '../checks.ts';
import { type EffectStanding, effectStanding } from '../effects.ts';
import { nobodyObjects, threads } from '../gate.ts';
import { LAG_MS } from '../issue-case.ts';
import { type Candidate, isReadyButForBase, laneName, laneOf, onlyBehindInTurn } from '../merge-queue.ts';
import type { Sight } from '../sight.ts';
import type { Turn } from '../turn.ts';
import type { Queue } from './care.ts';

/** Where batches may be made, or were. */
interface Lane {
  readonly repository: string;
  readonly baseBranch: string;
  readonly view: RepositoryView;
  /** Whose issues go together, each with its own; none where no batch is asked for, or none can be. */
  readonly projects: readonly ProjectSettings[];
}

/** The lanes that are taken by one or were before, each with a sentence that says so. */
export function landBatches(
  sight: Sight,
  turn: Turn,
  queue: Queue,
  busy: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const taken = new Map(busy);
  for (const lane of lanesOf(sight)) {
    const name = laneName(lane.repository, lane.baseBranch);
    const lands = new LaneOfBatches(sight, lane, queue, busy.get(name) ?? null).turn();
    turn.add(lands.actions);
    if (lands.taken !== null && !taken.has(name)) taken.set(name, lands.taken);
  }
  return taken;
}

function lanesOf({ snapshot }: Sight): readonly Lane[] {
  const { settings, repositories, effects } = snapshot;
  const lanes = new Map<string, Lane>();
  const add = (repository: string, baseBranch: string | null): void => {
    const view = repositories.get(repository);
    if (view === undefined || !view.known) return;
    const branch = baseBranch ?? view.value.defaultBranch;
    const projects = settings.projects.filter(
      (one) =>
        one.repository === repository &&
        (one.baseBranch ?? view.value.defaultBranch) === branch &&
        one.autoMerge &&
        one.batchMax > 1 &&
        one.mergeMethod === 'merge' &&
        view.value.bases.get(branch)?.mergeQueue === false,
    );
    const lane = { repository, baseBranch: branch, view: view.value, projects };
    lanes.set(laneName(repository, branch), lane);
  };
  for (const { repository, baseBranch, batchMax } of settings.projects) if (batchMax > 1) add(repository, baseBranch);
  // Whoever switches it off leaves none of them behind.
  for (const { repository, baseBranch } of allBatches(effects)) add(repository, baseBranch);
  return [...lanes.values()];
}

interface LaneTurn {
  readonly actions: readonly Action[];
  /** Why nobody else lands in it now. */
  readonly taken: string | null;
}

const IDLE: LaneTurn = { actions: [], taken: null };

class LaneOfBatches {
  readonly #sight: Sight;
  readonly #lane: Lane;
  readonly #candidates: readonly Candidate[];
  readonly #held: boolean;
  readonly #busy: string | null;
  readonly #batches: readonly Batch[];

  constructor(sight: Sight, lane: Lane, queue: Queue, busy: string | null) {
    this.#sight = sight;
    this.#lane = lane;
    this.#busy = busy;
    const name = laneName(lane.repository, lane.baseBranch);
    this.#candidates = queue.candidates.filter(({ facts }) => laneOf(facts) === name);
    this.#held = queue.holders.some((facts) => laneOf(facts) === name);
    this.#batches = batchesOn(sight.snapshot.effects, lane.repository, lane.baseBranch);
  }

  turn(): LaneTurn {
    const left = this.#batches.filter((one) => one.dropped !== null);
    const drops = left.map((one) => this.#drop(one, one.dropped ?? 'stale'));
    // Also one that was dropped while the answer to its merge was on its way.
    const unsure = left.find((one) => isOpenEnded(this.#sight, one));
    const current = unsure ?? this.#batches.findLast((one) => one.dropped === null);
    const step = current === undefined ? this.#begin(left) : this.#follow(current);
    const clearing = drops.find(({ taken }) => taken !== null)?.taken ?? null;
    return { actions: [...drops.flatMap(({ actions }) => actions), ...step.actions], taken: step.taken ?? clearing };
  }

  #begin(left: readonly Batch[]): LaneTurn {
    const { snapshot } = this.#sight;
    const { projects, repository, baseBranch, view } = this.#lane;
    const base = view.bases.get(baseBranch)?.tip;
    if (projects.length === 0 || base === undefined || this.#busy !== null) return IDLE;
    // One after the other: what is left of the last one is cleared away first, or it is known that it cannot be.
    if (left.some((one) => isPending(this.#standing(dropKey(one, one.dropped ?? 'stale'))))) return IDLE;
    // Whatever GitHub has against it, it has against the next one as well.
    const refused = (one: Batch) =>
      snapshot.reported.has(refusalKey(one)) && snapshot.now - one.opened.intendedAt < DAY_MS;
    if (left.some(refused)) return IDLE;
    // Every further one would be left open as well.
    const kept = left.flatMap((one) => this.#kept(one));
    if (kept.length > 0) return { actions: kept, taken: null };
    const line = onlyBehindInTurn(this.#candidates, this.#held);
    // Another project's checks are others, and so may be its way to merge.
    const project = projects.find(({ name }) => name === line[0]?.facts.project.name);
    if (project === undefined) return IDLE;
    const willing = line
      .filter(({ facts }) => facts.project.name === project.name)
      .filter(({ facts }) => facts.record.revertOf === null && facts.pullRequest?.base === base)
      .flatMap(({ facts: { pullRequest, diff } }) =>
        pullRequest === null || diff === null
          ? []
          : [{ number: pullRequest.number, head: pullRequest.head, files: diff.files }],
      );
    const members = chooseBatch(willing, left, project.batchMax, snapshot.now);
    if (members.length === 0 || movedSince(snapshot.effects, base)) return IDLE;
    // Who is first and has to go alone does so now: others that go together over and over would keep him waiting.
    if (members[0]?.number !== line[0]?.facts.pullRequest?.number) return IDLE;
    const key = batchKey(repository, baseBranch, base, members);
    const standing = this.#standing(key);
    return standing.kind === 'due' ? this.#open({ key, repository, baseBranch, base, members }) : IDLE;
  }

  #open(batch: Unopened): LaneTurn {
    const judged = batch.members.flatMap((one): readonly JudgedPart[] => {
      const digest = this.#candidates.find(({ facts }) => facts.pullRequest?.number === one.number)?.facts.diff?.digest;
      return digest === undefined ? [] : [{ ...one, digest }];
    });
    const action = openBatch(batch, judged);
    return { actions: judged.length === batch.members.length ? [action] : [], taken: action.reason };
  }

  #follow(batch: Batch): LaneTurn {
    const { now, reported, settings } = this.#sight.snapshot;
    const { view } = this.#lane;
    const { pullRequest: opened, base, baseBranch } = batch;
    if (opened === null) return this.#unopened(batch);
    const { number, head } = opened;
    const says = `#${number} tests ${namesOf(batch)} together.`;
    const hold: LaneTurn = { actions: [], taken: says };

    const landed = landedAs(this.#sight, batch);
    if (landed !== null)
      return isLookedAt(reported, batch, landed)
        ? this.#drop(batch, 'landed')
        : { actions: [verifyBatch(batch, landed)], taken: `What #${number} landed is looked at first.` };
    const live = view.pullRequests.find((one) => one.number === number);
    if (live === undefined)
      return now - (batch.opened.confirmedAt ?? now) < LAG_MS ? hold : this.#drop(batch, batch.dropped ?? 'stale');
    // By a person; or GitHub does not name the commit yet.
    if (live.state === 'merged') return mayStillLand(this.#sight, batch) ? hold : this.#drop(batch, 'landed');
    if (batch.dropped !== null) return hold;
    const merging = this.#merging(batch);
    // Closed, pushed to or pointed elsewhere by a person.
    const theirs = live.state === 'closed' || live.head !== head || live.baseBranch !== baseBranch || live.draft;
    if (theirs) return this.#drop(batch, 'red');
    const fit = this.#members(batch);
    const project = this.#projectOf(batch);
    if (fit === 'stale' || project === null || view.bases.get(baseBranch)?.tip !== base)
      return this.#drop(batch, 'stale');
    if (merging?.kind === 'refused') return this.#drop(batch, 'red', [refusedBatch(batch, merging.error)]);
    const checks = requiredChecks(project.checks, live.checks, head);
    const silent = now - (batch.opened.confirmedAt ?? now) > settings.limits.checkHoursMax * 3_600_000;
    const red = checks.verdict.status === 'no' && checks.verdict.children.some((one) => isRefusal(one, checks.unheard));
    if (red || live.mergeable === 'conflict' || (silent && (checks.unheard.length > 0 || live.mergeable === 'unknown')))
      return this.#drop(batch, 'red');
    const verdict = all(
      'batch',
      [checks.verdict, nobodyObjects({ settings, pullRequest: live }), threads({ pullRequest: live })],
      says,
    );
    const said = verdict.children.find(({ name, status }) => status === 'no' && SAID.has(name));
    if (said !== undefined) return { actions: [waitingBatch(batch, said.reason)], taken: `${says} ${said.reason}` };
    if (fit === 'wait' || verdict.status !== 'yes' || live.mergeable !== 'yes' || this.#busy !== null)
      return { actions: [], taken: verdict.status === 'yes' ? says : `${says} ${verdict.reason}` };
    const words = this.#words(batch);
    if (words.length > 0) return { actions: words, taken: says };
    return this.#wordsStand(batch) ? this.#merge(batch, live) : hold;
  }

  /** Asked for, and not known to be there. */
  #unopened(batch: Batch): LaneTurn {
    const standing = this.#standing(batch.key);
    if (standing.kind === 'refused') {
      const about = standing.error.includes(NOT_TOGETHER);
      return this.#drop(batch, 'red', about ? [] : [refusedBatch(batch, standing.error)]);
    }
    const { base, baseBranch } = batch;
    const stale = this.#members(batch) === 'stale' || this.#lane.view.bases.get(baseBranch)?.tip !== base;
    if (stale || this.#projectOf(batch) === null) return this.#drop(batch, 'stale');
    const again = this.#open(batch);
    return standing.kind === 'due' && this.#busy === null ? again : { ...again, actions: [] };
  }

  /** By whose checks it is tested; null where its members are not of one project that asks for batches. */
  #projectOf({ repository, members }: Batch): ProjectSettings | null {
    const { records } = this.#sight.snapshot;
    const names = members.map(
      ({ number }) => records.find((one) => one.repository === repository && one.pullRequest === number)?.project,
    );
    return names.every((one) => one === names[0])
      ? (this.#lane.projects.find(({ name }) => name === names[0]) ?? null)
      : null;
  }

  /** Are its members what they were when it was made? */
  #members({ repository, members }: Batch): 'ready' | 'wait' | 'stale' {
    const each = members.map(({ number, head }) => {
      const one = this.#candidates.find(({ facts }) => facts.pullRequest?.number === number);
      if (one !== undefined) {
        if (one.facts.pullRequest?.head !== head || one.gate.status === 'no') return 'stale';
        return isReadyButForBase(one) ? 'ready' : 'wait';
      }
      const record = this.#sight.snapshot.records.find(
        (it) => it.repository === repository && it.pullRequest === number,
      );
      // Linear may not have answered this time; whoever was looked at and is not in the queue is not ready any more.
      const unseen = record?.phase === 'active' && 'unknown' in this.#sight.caseOf(record);
      return unseen ? 'wait' : 'stale';
    });
    return each.find((one) => one === 'stale') ?? each.find((one) => one === 'wait') ?? 'ready';
  }

  #words(batch: Batch): readonly Action[] {
    const status = this.#standing(statusKey(batch));
    const review = this.#standing(reviewKey(batch));
    const asks = this.#sight.snapshot.settings.separateReviewer;
    return [
      ...(status.kind === 'due' ? [approvedStatus(batch)] : []),
      ...(asks && review.kind === 'due' ? [approvingReview(batch)] : []),
    ];
  }

  /** One that was refused is not waited for: GitHub says itself whether it minds. */
  #wordsStand(batch: Batch): boolean {
    const review = this.#sight.snapshot.settings.separateReviewer ? [this.#standing(reviewKey(batch))] : [];
    return [this.#standing(statusKey(batch)), ...review].every((one) => !isPending(one));
  }

  #merge(batch: Batch, { title }: PullRequest): LaneTurn {
    const { records } = this.#sight.snapshot;
    const members = batch.members.flatMap((one): Merge['members'] => {
      const record = records.find((it) => it.repository === batch.repository && it.pullRequest === one.number);
      return record === undefined ? [] : [{ ...one, issueId: record.issueId }];
    });
    const action = mergeBatch(batch, title, members);
    return { actions: this.#merging(batch)?.kind === 'due' ? [action] : [], taken: action.reason };
  }

  #drop(batch: Batch, why: DropReason, told: readonly Action[] = []): LaneTurn {
    if (this.#standing(dropKey(batch, why)).kind !== 'due') return IDLE;
    const action = dropBatch(batch, why);
    // Whoever begins alone in the same look is in the way of the next batch; and what was asked for may still land.
    return { actions: [...told, action], taken: action.reason };
  }

  /** Its branch cannot be deleted, and its pull request is open still: a person has to close it. */
  #kept(batch: Batch): readonly Action[] {
    const standing = this.#standing(dropKey(batch, batch.dropped ?? 'stale'));
    const live = this.#lane.view.pullRequests.find(({ number }) => number === batch.pullRequest?.number);
    const open = live?.state === 'open' && live.head === batch.pullRequest?.head;
    return standing.kind === 'refused' && open ? [keptBatch(batch, standing.error)] : [];
  }

  #merging(batch: Batch): EffectStanding | null {
    const key = batchMergeKey(batch);
    return key === null ? null : this.#standing(key);
  }

  #standing(key: string): EffectStanding {
    const { effects, now } = this.#sight.snapshot;
    return effectStanding(effects, key, now, 0);
  }
}

/** What people say on it, and nothing but people settle. */
const SAID: ReadonlySet<string> = new Set(['objections', 'threads']);

function isPending({ kind }: EffectStanding): boolean {
  return kind === 'due' || kind === 'waiting';
}

/** Somebody else's report under a check's name is no answer: the right one may still come. */
function isRefusal({ name, status }: Verdict, unheard: readonly string[]): boolean {
  return status === 'no' && !unheard.includes(name);
}

/** A merge of ours onto this very tip is known: the look that shows it as the tip is older than that. */
function movedSince(effects: Sight['snapshot']['effects'], tip: string): boolean {
  return [...effects.values()].some(
    ({ kind, key, confirmedAt }) => kind === 'merge' && confirmedAt !== null && key.includes(`:${tip}:`),
  );
}
