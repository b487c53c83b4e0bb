/**
 * observe: bounded, parallel reads of Linear, GitHub and git give what the outside looks like. A read that fails becomes
 * "unknown" with its reason; the rest goes on. Our own rows join in snapshot(), which is cheap and may be asked again.
 */
import { allBatches, type Batch, isWatched } from '../decide/batch.ts';
import { requiredChecks } from '../decide/checks.ts';
import { LAST_WORD_MS, lastWordIsOpen } from '../decide/last-word.ts';
import { landedMerge } from '../decide/reconcile.ts';
import { mergeAskedAt, wantsReview } from '../decide/review-others.ts';
import { type Command, type CommandVerb, parseCommand } from '../domain/command.ts';
import type { Effect } from '../domain/effect.ts';
import type { Comment, EpochMs } from '../domain/issue.ts';
import type { IssueRecord, Phase } from '../domain/issue-record.ts';
import { OutsideError } from '../domain/outside-error.ts';
import type { Duty, Pipeline } from '../domain/pipeline.ts';
import { NO_PRESSURE, type Pressure } from '../domain/pressure.ts';
import type { BaseView, CommitChecks, RepositoryView } from '../domain/pull-request.ts';
import type { Person, ProjectSettings, RequiredCheck, Settings } from '../domain/settings.ts';
import type { Board, Known, Snapshot } from '../domain/snapshot.ts';
import { eachOf } from './each-of.ts';
import { createGitFacts } from './git-facts.ts';
import type { Journal } from './journal.ts';
import type { BoardObservation, Clock, Forge, ForgeObservation, Mirror, Tracker } from './ports.ts';
import { saidInReviews } from './said-in-reviews.ts';

/** What decides besides the outside: replaced as a whole when the config changes. */
export interface Rules {
  readonly settings: Settings;
  readonly pipelines: ReadonlyMap<string, Pipeline>;
  readonly duties: ReadonlySet<Duty>;
}

export interface Outside {
  readonly board: Known<Board>;
  readonly how: BoardObservation['how'] | null;
  readonly repositories: ReadonlyMap<string, Known<RepositoryView>>;
}

export interface Senses {
  readonly clock: Clock;
  readonly tracker: Tracker;
  readonly forge: Forge;
  readonly mirror: Mirror;
  readonly journal: Journal;
  /** Absent: nothing is held back. */
  readonly pressure?: () => Pressure;
}

export interface Observer {
  /** After a start work mostly goes on with commits that are new: they are fetched before the first look needs them. */
  fetchAhead(): Promise<void>;
  outside(rules: Rules): Promise<Outside>;
  snapshot(rules: Rules, outside: Outside, accepting: boolean): Promise<Snapshot>;
}

const REPOSITORIES_AT_ONCE_MAX = 4;
const BASES_AT_ONCE_MAX = 4;
/** A red base that was merged into so often is nothing that a bot finds its way out of. */
const BELOW_MAX = 20;
const COMMENTS_BACK_MS = 24 * 3_600_000;
/**
 * How long an issue that has left the watched states is still asked for: done, until its base branch's checks have spoken
 * (and longer while its last word has not reached Linear); cancelled, while people may still say /resume. Each one costs a
 * little at every look, so it ends.
 */
const KEPT_IN_VIEW_MS: Readonly<Record<Phase, number>> = {
  active: Number.POSITIVE_INFINITY,
  parked: Number.POSITIVE_INFINITY,
  done: 3 * 3_600_000,
  cancelled: 14 * 24 * 3_600_000,
};

export function createObserver(senses: Senses): Observer {
  const git = createGitFacts(senses);
  /** What cannot be read, and since when. */
  const failing = new Map<string, EpochMs>();
  /** By repository: what its red bases had at their top at the last look. */
  const red = new Map<string, ReadonlySet<string>>();
  // GitHub does not say since when it has been working something out. A restart counts anew, which costs delay only.
  const unsure = new Map<string, ReadonlyMap<string, EpochMs>>();

  return { fetchAhead, outside, snapshot };

  async function fetchAhead(): Promise<void> {
    const going = (await senses.journal.records()).filter((one) => one.phase === 'active' && one.pullRequest !== null);
    for (const name of new Set(going.map((record) => record.repository))) git.fetchAhead(name);
  }

  async function outside(rules: Rules): Promise<Outside> {
    const now = senses.clock.now();
    const [kept, effects] = await Promise.all([senses.journal.records(), senses.journal.effects()]);
    const records = kept.filter(
      (record) =>
        now - record.updatedAt < KEPT_IN_VIEW_MS[record.phase] ||
        (now - record.updatedAt < LAST_WORD_MS && lastWordIsOpen(record.issueId, effects)) ||
        isSuspect(record, effects),
    );
    const batches = allBatches(effects).filter((one) => isWatched(effects, one, now));
    const commentsSince = Math.min(now - COMMENTS_BACK_MS, ...records.map((record) => record.movedAt));
    const names = [
      ...new Set([
        ...rules.settings.projects.map((project) => project.repository),
        ...records.map((record) => record.repository),
      ]),
    ];
    const [board, views] = await Promise.all([
      known('Linear', () =>
        senses.tracker.observe({
          projects: rules.settings.projects,
          tracked: records.map((record) => record.issueId),
          commentsSince,
        }),
      ),
      eachOf(
        names,
        REPOSITORIES_AT_ONCE_MAX,
        async (name) =>
          [name, await known(name, () => repository(name, rules, records, batches, commentsSince))] as const,
      ),
    ]);
    const comments = [
      ...(board.known ? board.value.comments : []),
      ...views.flatMap(([, view]) => (view.known ? view.value.comments : [])),
    ];
    await noteCommands(comments, rules.settings.people, records);
    return {
      board: board.known ? { known: true, value: board.value.board } : board,
      how: board.known ? board.value.how : null,
      repositories: new Map(views),
    };
  }

  /** What broke a base is taken back however late its checks speak: they may wait for a night, or the bot may not run. */
  function isSuspect(record: IssueRecord, effects: ReadonlyMap<string, Effect>): boolean {
    const landed = landedMerge(record, effects);
    return landed !== null && red.get(record.repository)?.has(landed) === true;
  }

  async function known<T>(what: string, read: () => Promise<T>): Promise<Known<T>> {
    try {
      const value = await read();
      failing.delete(what);
      return { known: true, value };
    } catch (error) {
      if (!(error instanceof OutsideError))
        throw new Error(`Reading ${what} failed in a way no adapter should let through`, { cause: error });
      const since = failing.get(what) ?? senses.clock.now();
      failing.set(what, since);
      return { known: false, reason: error.message, kind: error.kind, since };
    }
  }

  async function repository(
    name: string,
    rules: Rules,
    records: readonly IssueRecord[],
    batches: readonly Batch[],
    commentsSince: EpochMs,
  ): Promise<RepositoryView & { readonly comments: readonly Comment[] }> {
    const mine = records.filter(
      (record) => record.repository === name && record.pullRequest !== null && record.phase !== 'done',
    );
    const tracked = mine.map((record) => record.pullRequest).filter((number) => number !== null);
    const together = batches.flatMap((one) => (one.repository === name ? [one.pullRequest?.number ?? []] : []).flat());
    const projects = rules.settings.projects.filter((project) => project.repository === name);
    const named = [...projects.map((one) => one.baseBranch), ...mine.map((one) => one.baseBranch)];
    const baseBranches = [...new Set(named.filter((branch) => branch !== null))];
    const [seen, commands]: [ForgeObservation, readonly Command[]] = await Promise.all([
      senses.forge.observe(name, { tracked: [...tracked, ...together], commentsSince, baseBranches }),
      senses.journal.openCommands(),
    ]);
    const ours = new Set(tracked);
    const interesting = seen.pullRequests.filter(
      (one) =>
        one.state === 'open' &&
        (ours.has(one.number) ||
          projects.some((project) => wantsReview(one, project)) ||
          mergeAskedAt(one, commands) !== null),
    );
    const facts = await git.about(name, interesting, ours, seen.bases);
    const bases = await withBelow(name, projects, seen.bases, seen.defaultBranch);
    red.set(name, new Set([...bases.values()].flatMap(atTheTop)));
    const now = senses.clock.now();
    const unknown = seen.pullRequests
      .filter((one) => one.state === 'open' && one.mergeable === 'unknown')
      .map(({ number, base, head }) => ({ number, at: `${number} ${base} ${head}` }))
      .map(({ number, at }) => ({ number, at, since: unsure.get(name)?.get(at) ?? now }));
    unsure.set(name, new Map(unknown.map(({ at, since }) => [at, since])));
    return {
      name,
      defaultBranch: seen.defaultBranch,
      bases,
      pullRequests: seen.pullRequests,
      unsureSince: new Map(unknown.map(({ number, since }) => [number, since])),
      ...facts,
      comments: [...seen.comments, ...seen.pullRequests.flatMap((one) => saidInReviews(one, commentsSince))].toSorted(
        (one, other) => one.at - other.at,
      ),
    };
  }

  /** What lies below a base that is red: only then is it asked for. */
  async function withBelow(
    name: string,
    projects: readonly ProjectSettings[],
    bases: RepositoryView['bases'],
    defaultBranch: string,
  ): Promise<RepositoryView['bases']> {
    const watched = new Map(projects.map((project) => [project.baseBranch ?? defaultBranch, project.checks]));
    const read = await eachOf([...bases], BASES_AT_ONCE_MAX, async ([branch, view]) => {
      const required = watched.get(branch) ?? [];
      const { failed } = requiredChecks(required, view.checks, view.tip);
      return [branch, failed.length === 0 ? view : { ...view, below: await below(name, view.tip, required) }] as const;
    });
    return new Map(read);
  }

  async function below(
    name: string,
    tip: string,
    required: readonly RequiredCheck[],
  ): Promise<readonly CommitChecks[] | null> {
    const commits: CommitChecks[] = [];
    try {
      for (let at = tip; commits.length < BELOW_MAX; ) {
        const [parent] = await git.parentsOf(name, at);
        if (parent === undefined) break;
        const checks = await senses.forge.checksOf(name, parent);
        commits.push({ sha: parent, checks });
        if (requiredChecks(required, checks, parent).failed.length === 0) break;
        at = parent;
      }
      return commits;
    } catch (error) {
      if (!(error instanceof OutsideError)) throw error;
      return null;
    }
  }

  /** Only people on the allowlist steer, and a comment of ours never does, whoever's name it carries. */
  async function noteCommands(
    comments: readonly Comment[],
    people: readonly Person[],
    records: readonly IssueRecord[],
  ): Promise<void> {
    for (const comment of comments) {
      const person = personOf(comment, people);
      if (person === null || comment.body.includes('<!-- heartline:')) continue;
      const verb = parseCommand(comment.body) ?? remarkOf(comment, records);
      if (verb === null) continue;
      const command: Command = { commentId: comment.id, on: comment.on, by: person.name, at: comment.at, verb };
      await senses.journal.noteCommand(command);
    }
  }

  async function snapshot(rules: Rules, seen: Outside, accepting: boolean): Promise<Snapshot> {
    const { journal } = senses;
    const [records, runs, verdicts, effects, spend, frozen, commands, reported] = await Promise.all([
      journal.records(),
      journal.runs(),
      journal.verdicts(),
      journal.effects(),
      journal.spend(),
      journal.frozen(),
      journal.openCommands(),
      journal.reportKeys(),
    ]);
    return {
      now: senses.clock.now(),
      settings: rules.settings,
      duties: rules.duties,
      pipelines: rules.pipelines,
      board: seen.board,
      repositories: seen.repositories,
      records,
      runs,
      verdicts,
      effects,
      spend,
      frozen,
      commands,
      pressure: senses.pressure?.() ?? NO_PRESSURE,
      reported,
      accepting,
    };
  }
}

/** Where a base is red, its tip and what was read of the commits below. */
function atTheTop({ tip, below }: BaseView): readonly string[] {
  return below === undefined ? [] : [tip, ...(below ?? []).map(({ sha }) => sha)];
}

/** What people say on a pull request of ours is for its agent to answer, an order or not. */
function remarkOf({ on, body }: Comment, records: readonly IssueRecord[]): CommandVerb | null {
  // An order that was misspelt is nothing for an agent to answer.
  if (on.kind !== 'pull-request' || body.trim() === '' || /^\s*\/\w/.test(body)) return null;
  const ours = records.some(
    (record) => record.repository === on.repository && record.pullRequest === on.number && record.phase !== 'done',
  );
  return ours ? { kind: 'remark', text: body } : null;
}

function personOf(comment: Comment, people: readonly Person[]): Person | null {
  if (comment.author.kind !== 'person') return null;
  const handle = comment.handle.toLowerCase();
  return (
    people.find((person) => (comment.on.kind === 'issue' ? person.linear : person.github)?.toLowerCase() === handle) ??
    null
  );
}
