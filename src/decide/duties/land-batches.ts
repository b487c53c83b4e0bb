/** Part of duty merge: pull requests that are tested and merged together, where a project's `batchMax` asks for it. */
import type { Action, JudgedPart, Merge } from '../../domain/action.ts';
import type { IssueRecord } from '../../domain/issue-record.ts';
import type { PullRequest, RepositoryView } from '../../domain/pull-request.ts';
import { baseSubject, subjectKey } from '../../domain/run.ts';
import type { ProjectSettings } from '../../domain/settings.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { all, type Verdict } from '../../domain/verdict.ts';
import {
  allBatches,
  type Batch,
  batchBranch,
  batchesOn,
  batchKey,
  batchMergeKey,
  batchReport,
  chooseBatch,
  DAY_MS,
  type DropReason,
  dropKey,
  isLookedAt,
  landedBatch,
  mayLand,
  mergeAskedAt,
} from '../batch.ts';
import { requiredChecks, short } from '../checks.ts';
import { type EffectStanding, effectStanding } from '../effects.ts';
import { nobodyObjects, threads } from '../gate.ts';
import { LAG_MS } from '../issue-case.ts';
import { type Candidate, isReadyButForBase, laneName, laneOf, onlyBehindInTurn } from '../merge-queue.ts';
import type { Sight } from '../sight.ts';
import { REVIEW_CONTEXT } from '../stages/review.ts';
import type { Turn } from '../turn.ts';
import { joined } from '../words.ts';
import type { Queue } from './care.ts';

/** Where batches may be made, or were. */
interface Lane {
  readonly repository: string;
  readonly baseBranch: string;
  readonly view: RepositoryView;
  /** Whose issues go together, each with its own; none where no batch is asked for, or none can be. */
  readonly projects: readonly ProjectSettings[];
}

/**
 * Whoever landed in a batch: its merge is its members' merge. Comes before each is cared for by itself, because GitHub shows
 * theirs as merged as well, and what that means is told by the batch alone.
 */
export function followBatches(sight: Sight, turn: Turn): void {
  const { records, effects, reported } = sight.snapshot;
  for (const batch of allBatches(effects)) {
    const { repository, pullRequest } = batch;
    const commit = landedAs(sight, batch);
    if (pullRequest === null || (commit === null && !mayStillLand(sight, batch))) continue;
    for (const { number, head } of batch.members) {
      const record = records.find((one) => one.repository === repository && one.pullRequest === number);
      if (record === undefined || record.head !== head || record.mergeCommit !== null || record.phase === 'done')
        continue;
      const together = `It landed together with others, in #${pullRequest.number}`;
      if (commit === null) {
        if (sight.pullRequest(record)?.state === 'merged')
          rest(turn, record, `What became of #${pullRequest.number}, which brings it along, is looked at first.`);
      } else if (reported.has(`frozen:${repository}:${commit}`)) {
        const reason = `${together}, and what landed as ${short(commit)} is not what was tested: see what is told of that.`;
        const phase = record.phase === 'active' ? 'parked' : record.phase;
        turn.update(record, { mergeCommit: commit, phase, reason }, reason);
      } else if (reported.has(batchReport(batch, commit))) {
        const reason = `${together}, as ${short(commit)}.`;
        const stopped = record.phase === 'cancelled' ? { reason: `${record.reason ?? ''} ${reason}`.trim() } : {};
        turn.update(record, { mergeCommit: commit, mergeVerified: true, ...stopped }, reason);
      } else rest(turn, record, `What #${pullRequest.number} landed, and this with it, is looked at first.`);
    }
  }
}

function rest(turn: Turn, { issueId }: IssueRecord, why: string): void {
  if (!turn.touched.has(issueId)) turn.touched.set(issueId, why);
}

/** The commit it landed as; also where the answer to our call never came, and GitHub shows it as merged. */
function landedAs({ snapshot }: Sight, batch: Batch): string | null {
  const { effects } = snapshot;
  const known = landedBatch(effects, batch);
  if (known !== null || !mayLand(effects, batch)) return known;
  const shown = shownAs(snapshot, batch);
  return shown?.state === 'merged' && shown.head === batch.pullRequest?.head ? shown.mergeCommit : null;
}

function shownAs({ repositories }: Snapshot, { repository, pullRequest }: Batch): PullRequest | undefined {
  const view = repositories.get(repository);
  return view?.known === true ? view.value.pullRequests.find((one) => one.number === pullRequest?.number) : undefined;
}

/**
 * Its merge was asked for, and nobody answered. Of one that was dropped no call is made any more: once GitHub had time to show
 * what the last one did and shows no merge of this head, nothing of it is on its way.
 */
function mayStillLand({ snapshot }: Sight, batch: Batch): boolean {
  const { effects, now } = snapshot;
  if (!mayLand(effects, batch)) return false;
  const shown = shownAs(snapshot, batch);
  if (shown?.state === 'merged') return shown.head === batch.pullRequest?.head;
  return batch.dropped === null || now - mergeAskedAt(effects, batch) < LAG_MS;
}

/** Nothing else lands until it is known what became of its merge, and that this is what was tested. */
export function isOpenEnded(sight: Sight, batch: Batch): boolean {
  const commit = landedAs(sight, batch);
  return commit === null ? mayStillLand(sight, batch) : !isLookedAt(sight.snapshot.reported, batch, commit);
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
    const line = onlyBehindInTurn(this.#candidates, this.#held);
    // Another project's checks are others, and so may be its way to merge.
    const project = projects.find(({ name }) => name === line[0]?.facts.project.name);
    if (project === undefined) return IDLE;
    const willing = line
      .filter(({ facts }) => facts.project.name === project.name)
      .filter(({ facts }) => facts.record.revertOf === null && facts.pullRequest?.base === base)
      // Where its merge would change something else than was judged, it is brought up to date and judged again.
      .flatMap(({ facts: { pullRequest, diff } }) =>
        pullRequest === null || diff?.landsAsJudged !== true
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

  #open(batch: Pick<Batch, 'key' | 'repository' | 'baseBranch' | 'base' | 'members'>): LaneTurn {
    const { key, repository, baseBranch, base } = batch;
    const members = batch.members.flatMap((one): readonly JudgedPart[] => {
      const digest = this.#candidates.find(({ facts }) => facts.pullRequest?.number === one.number)?.facts.diff?.digest;
      return digest === undefined ? [] : [{ ...one, digest }];
    });
    const names = joined(members.map(({ number }) => `#${number}`));
    const reason = `${names} are ready but for ${baseBranch} as it is now: they are tested and merged together.`;
    const marker = `<!-- heartline:${key} -->`;
    const action: Action = {
      kind: 'open-batch',
      key,
      repository,
      baseBranch,
      base,
      members,
      branch: batchBranch(batch),
      title: `Batch of ${names}`,
      body: [
        `${names}, tested and merged together. Each was reviewed by itself; nothing is reviewed here.`,
        members.map((one) => `- #${one.number} at ${one.head}`).join('\n'),
        'Close it to have them tried in smaller groups.',
        marker,
      ].join('\n\n'),
      marker,
      subject: baseSubject(repository, baseBranch),
      reason,
    };
    return { actions: members.length === batch.members.length ? [action] : [], taken: reason };
  }

  #follow(batch: Batch): LaneTurn {
    const { now, reported, settings } = this.#sight.snapshot;
    const { view } = this.#lane;
    const { pullRequest: opened, base, baseBranch } = batch;
    if (opened === null) return this.#unopened(batch);
    const { number, head } = opened;
    const says = `#${number} tests ${joined(batch.members.map((one) => `#${one.number}`))} together.`;
    const hold: LaneTurn = { actions: [], taken: says };

    const landed = landedAs(this.#sight, batch);
    if (landed !== null)
      return isLookedAt(reported, batch, landed)
        ? this.#drop(batch, 'landed')
        : this.#verify(batch, number, head, landed);
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
    if (merging?.kind === 'refused') return this.#drop(batch, 'red', this.#refusal(batch, merging.error));
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
    if (fit === 'wait' || verdict.status !== 'yes' || live.mergeable !== 'yes' || this.#busy !== null)
      return { actions: [], taken: verdict.status === 'yes' ? says : `${says} ${verdict.reason}` };
    const words = this.#words(batch, live);
    if (words.length > 0) return { actions: words, taken: says };
    return this.#wordsStand(batch) ? this.#merge(batch, live) : hold;
  }

  /** Asked for, and not known to be there. */
  #unopened(batch: Batch): LaneTurn {
    const standing = this.#standing(batch.key);
    if (standing.kind === 'refused') return this.#drop(batch, 'red');
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

  /** What GitHub's own rules may ask for on the commit that merges: that each part of it was approved. */
  #words(batch: Batch, { repository, number, head }: PullRequest): readonly Action[] {
    const names = joined(batch.members.map((one) => `#${one.number}`));
    const subject = subjectKey({ kind: 'pull-request', repository, number });
    const reason = `${names} were each approved, and ${short(head)} is them merged.`;
    const status = this.#standing(statusKey(batch));
    const review = this.#standing(reviewKey(batch));
    const marker = `<!-- heartline:${reviewKey(batch)} -->`;
    return [
      ...(status.kind === 'due'
        ? [
            {
              kind: 'set-status',
              key: status.key,
              repository,
              head,
              context: REVIEW_CONTEXT,
              state: 'success',
              description: `${batch.members.length} changes, each approved`,
              subject,
              reason,
            } as const,
          ]
        : []),
      ...(this.#sight.snapshot.settings.separateReviewer && review.kind === 'due'
        ? [
            {
              kind: 'post-review',
              key: review.key,
              repository,
              number,
              head,
              event: 'approve',
              body: `${reason}\n\n${marker}`,
              findings: [],
              marker,
              subject,
              reason,
            } as const,
          ]
        : []),
    ];
  }

  /** One that was refused is not waited for: GitHub says itself whether it minds. */
  #wordsStand(batch: Batch): boolean {
    const review = this.#sight.snapshot.settings.separateReviewer ? [this.#standing(reviewKey(batch))] : [];
    return [this.#standing(statusKey(batch)), ...review].every((one) => !isPending(one));
  }

  #merge(batch: Batch, { repository, number, title }: PullRequest): LaneTurn {
    const { records } = this.#sight.snapshot;
    const names = joined(batch.members.map((one) => `#${one.number}`));
    const reason = `${names} are merged together as #${number}.`;
    const merging = this.#merging(batch);
    const head = batch.pullRequest?.head;
    if (merging?.kind !== 'due' || head === undefined) return { actions: [], taken: reason };
    const members = batch.members.flatMap((one): Merge['members'] => {
      const record = records.find((it) => it.repository === repository && it.pullRequest === one.number);
      return record === undefined ? [] : [{ ...one, issueId: record.issueId }];
    });
    const action: Action = {
      kind: 'merge',
      key: merging.key,
      issueId: null,
      repository,
      number,
      head,
      base: batch.base,
      baseBranch: batch.baseBranch,
      method: 'merge',
      title: `${title} (#${number})`,
      members,
      subject: subjectKey({ kind: 'pull-request', repository, number }),
      reason,
    };
    return { actions: [action], taken: reason };
  }

  #verify(batch: Batch, number: number, head: string, commit: string): LaneTurn {
    const { repository, baseBranch, base } = batch;
    const names = joined(batch.members.map((one) => `#${one.number}`));
    const reason = `What #${number} landed as ${short(commit)} is compared with what was tested.`;
    const action: Action = {
      kind: 'verify-merge',
      record: null,
      name: `#${number}`,
      subject: subjectKey({ kind: 'pull-request', repository, number }),
      repository,
      baseBranch,
      mergeCommit: commit,
      head,
      base,
      method: 'merge',
      report: {
        key: batchReport(batch, commit),
        text: `${repository}#${number} merged as ${short(commit)}, and with it ${names}.`,
      },
      reason,
    };
    return { actions: [action], taken: `What #${number} landed is looked at first.` };
  }

  #drop(batch: Batch, why: DropReason, told: readonly Action[] = []): LaneTurn {
    const { repository, baseBranch, base, members } = batch;
    const standing = this.#standing(dropKey(batch, why));
    if (standing.kind !== 'due') return IDLE;
    const names = joined(members.map((one) => `#${one.number}`));
    const reason = `${names}: ${WHY[why]}`;
    const action: Action = {
      kind: 'drop-batch',
      key: standing.key,
      repository,
      base,
      members,
      branch: batchBranch(batch),
      subject: baseSubject(repository, baseBranch),
      reason,
    };
    // Whoever begins alone in the same look is in the way of the next batch; and what was asked for may still land.
    return { actions: [...told, action], taken: reason };
  }

  /** People hear of it only where GitHub takes no batch at all. Said first: a death in between leaves it to be dropped, never unsaid. */
  #refusal(batch: Batch, error: string): readonly Action[] {
    if (this.#sight.snapshot.reported.has(refusalKey(batch))) return [];
    const { repository, baseBranch, pullRequest } = batch;
    const text = `${repository}: GitHub does not merge what is tested together (#${pullRequest?.number}): ${error}. Pull requests are merged one at a time for a day. See the rules of ${baseBranch}, or set batchMax to 1.`;
    const subject = baseSubject(repository, baseBranch);
    return [{ kind: 'report', key: refusalKey(batch), event: 'trouble', text, subject, reason: text }];
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

const WHY: Readonly<Record<DropReason, string>> = {
  landed: 'they landed, and the branch they were tested on is not needed any more.',
  red: 'they do not pass together, so they are tried in smaller groups.',
  stale: 'something moved since they were put together, so they are put together anew.',
};

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

function refusalKey({ key }: Batch): string {
  return `batch-refused:${key}`;
}

function statusKey({ repository, pullRequest }: Batch): string {
  return `status:${repository}:${pullRequest?.head}:batch`;
}

function reviewKey({ repository, pullRequest }: Batch): string {
  return `review:batch:${repository}:${pullRequest?.number}:${pullRequest?.head}`;
}
