/**
 * Is a base branch red? Then nothing merges into its repository, the change that turned it red is named, and ours is taken
 * back through the same gate. Green again, merging goes on by itself.
 */
import type { Issue } from '../domain/issue.ts';
import type { IssueRecord } from '../domain/issue-record.ts';
import type { BaseView, Check, CommitChecks } from '../domain/pull-request.ts';
import { subjectKey } from '../domain/run.ts';
import type { ProjectSettings, RequiredCheck } from '../domain/settings.ts';
import type { Freeze, Snapshot } from '../domain/snapshot.ts';
import { batchesOn, landedBatch } from './batch.ts';
import { requiredChecks, runOf, short } from './checks.ts';
import { effectStanding } from './effects.ts';
import { moveOf } from './eligible.ts';
import { effectKey, LAG_MS } from './issue-case.ts';
import { landedMerge } from './reconcile.ts';
import { BRANCH_PREFIX } from './review-others.ts';
import type { Sight } from './sight.ts';
import type { Turn } from './turn.ts';
import { joined } from './words.ts';

export interface WatchedBase {
  readonly project: ProjectSettings;
  readonly repository: string;
  readonly branch: string;
  readonly view: BaseView;
  /** Required checks that failed on the tip. */
  readonly failed: readonly Check[];
  readonly green: boolean;
  /**
   * The commit it is red since: the lowest of those at the top for which the same check failed. Where nothing was read of them,
   * the one it was frozen for, whatever was pushed on top of that; else its tip.
   */
  readonly since: string;
  /** What lies below that has spoken, or never will: then it is known who broke it. */
  readonly sure: boolean;
  /** Whose change that commit is; null when no issue of ours stands behind it. */
  readonly suspect: IssueRecord | null;
  /** What landed by that very commit as well, by name. */
  readonly others: readonly string[];
}

export function watchedBases({ settings, repositories, records, effects, frozen }: Snapshot): readonly WatchedBase[] {
  const seen = new Set<string>();
  return settings.projects.flatMap((project): readonly WatchedBase[] => {
    const repository = repositories.get(project.repository);
    if (repository === undefined || !repository.known || project.checks.length === 0) return [];
    const branch = project.baseBranch ?? repository.value.defaultBranch;
    const view = repository.value.bases.get(branch);
    const name = `${project.repository} ${branch}`;
    if (view === undefined || seen.has(name)) return [];
    seen.add(name);
    const { verdict, failed } = requiredChecks(project.checks, view.checks, view.tip);
    const freeze = frozen.get(project.repository);
    const frozenFor = (freeze?.cause === 'red-base' && freeze.branch === branch ? freeze.sha : null) ?? view.tip;
    const { since, sure } = redSince(view, failed, project.checks, frozenFor);
    // A merge whose answer was lost is known by the pull request alone until the next try of it.
    const { pullRequests } = repository.value;
    const shown = pullRequests.filter((one) => one.state === 'merged' && one.mergeCommit === since);
    const landed = new Set(shown.map(({ number }) => number));
    // All of a batch, whatever became of its members' rows: to take the commit back takes every one of them back.
    const batch = batchesOn(effects, project.repository, branch).find(
      (one) => landedBatch(effects, one) === since || (one.pullRequest !== null && landed.has(one.pullRequest.number)),
    );
    for (const { number } of batch?.members ?? []) landed.add(number);
    const [suspect, ...rest] = records.filter(
      (record) =>
        record.repository === project.repository &&
        (landedMerge(record, effects) === since || (record.pullRequest !== null && landed.has(record.pullRequest))),
    );
    const gone = (batch?.members ?? []).filter(
      ({ number }) => ![suspect, ...rest].some((record) => record?.pullRequest === number),
    );
    const others = [...rest.map(nameOf), ...gone.map(({ number }) => `#${number}`)];
    return [
      {
        project,
        repository: project.repository,
        branch,
        view,
        failed,
        green: verdict.status === 'yes',
        since,
        sure,
        suspect: suspect ?? null,
        others,
      },
    ];
  });
}

/** Checks of the base speak late: others may have landed on top of what broke it before anybody heard. */
function redSince(
  { tip, below }: BaseView,
  failed: readonly Check[],
  required: readonly RequiredCheck[],
  frozenFor: string,
): Pick<WatchedBase, 'since' | 'sure'> {
  if (below === undefined || below === null || failed.length === 0) return { since: frozenFor, sure: below !== null };
  const same = (one: CommitChecks): boolean =>
    requiredChecks(required, one.checks, one.sha).failed.some((check) =>
      failed.some(({ name }) => name === check.name),
    );
  const end = below.findIndex((one) => !same(one));
  const since = (end < 0 ? below.at(-1) : below[end - 1])?.sha ?? tip;
  const next = below[end];
  const speaks = next === undefined ? null : requiredChecks(required, next.checks, next.sha);
  // Under way, it may still turn out to be what broke it. One that was never reported on may stay so for ever.
  const underWay =
    speaks?.verdict.status === 'wait' &&
    speaks.verdict.children.some((one) => one.status === 'wait' && !speaks.unheard.includes(one.name));
  return { since, sure: underWay !== true };
}

/**
 * What is frozen once this look is taken into account, so that nothing merges in the very tick that sees red. One freeze
 * stands for the whole repository: what is green thaws first, then red is judged on the rest, or one branch that is mended
 * would open the repository for another that is not.
 */
export function frozenNow(snapshot: Snapshot, bases: readonly WatchedBase[]): ReadonlyMap<string, Freeze> {
  const frozen = new Map(snapshot.frozen);
  for (const base of bases) if (turnsGreen(snapshot, base)) frozen.delete(base.repository);
  for (const base of bases) if (turnsRed({ ...snapshot, frozen }, base)) frozen.set(base.repository, freezeOf(base));
  return frozen;
}

/** In the same order, for the rows follow it: the first freeze stands until its thaw. */
export function watchBases(sight: Sight, turn: Turn, before: Snapshot, bases: readonly WatchedBase[]): void {
  const { frozen } = sight.snapshot;
  for (const base of bases) if (turnsGreen(before, base)) thaw(turn, base, frozen.get(base.repository));
  for (const base of bases) {
    const { repository, branch } = base;
    const freeze = frozen.get(repository);
    // The freeze names one branch. Another that is red has its turn when that one is green: named first, then taken back.
    if (freeze?.cause !== 'red-base' || freeze.branch !== branch) continue;
    if (freeze !== before.frozen.get(repository))
      turn.add([{ kind: 'freeze', repository, freeze, reason: freeze.reason }]);
    // Also of a freeze that an earlier life recorded and died over: it is said until it was said.
    if (!before.reported.has(redKey(base, freeze.sha))) {
      const text = `Merging is frozen in ${repository}: ${freeze.reason}`;
      turn.add([announce(repository, redKey(base, freeze.sha), 'frozen', text)]);
    }
    if (base.sure && freeze.reason.includes(NOT_KNOWN)) {
      const key = `blamed:${repository}:${branch}:${freeze.sha}`;
      turn.add([announce(repository, key, 'frozen', `${branch} of ${repository} is red. ${blame(base)}.`)]);
    }
    takeBack(sight, turn, base);
  }
}

function thaw(turn: Turn, { repository, branch, view }: WatchedBase, still: Freeze | undefined): void {
  const next = still === undefined ? 'merging goes on' : `merging waits for ${still.branch}`;
  const text = `${branch} of ${repository} is green again at ${short(view.tip)}: ${next}.`;
  // Said first: a death in between leaves it to be done, never unsaid.
  turn.add([
    announce(repository, `thawed:${repository}:${view.tip}`, 'thawed', text),
    { kind: 'thaw', repository, reason: text },
  ]);
}

/** Said once for each commit: a person who thawed it meant it. */
function turnsRed(snapshot: Pick<Snapshot, 'frozen' | 'reported'>, base: WatchedBase): boolean {
  return base.failed.length > 0 && !snapshot.frozen.has(base.repository) && !snapshot.reported.has(redKey(base));
}

function turnsGreen(snapshot: Snapshot, base: WatchedBase): boolean {
  const freeze = snapshot.frozen.get(base.repository);
  return base.green && freeze?.cause === 'red-base' && freeze.branch === base.branch;
}

function redKey({ repository, branch, view }: WatchedBase, sha: string | null = view.tip): string {
  return `red:${repository}:${branch}:${sha}`;
}

function freezeOf({ repository, branch, view, failed, suspect, others, since, sure }: WatchedBase): Freeze {
  const checks = failed.map((check) => check.name).join(', ');
  const who = sure ? blame({ suspect, others, since }) : NOT_KNOWN;
  const reason = `${checks} failed on ${branch} at ${short(view.tip)}. ${who}. Merging goes on when ${branch} is green, or after: heartline thaw ${repository}`;
  return { reason, cause: 'red-base', branch, sha: view.tip };
}

/** Until the checks of what lies below have ended. */
const NOT_KNOWN = 'Which change it was is told when the checks of those before it have ended';

function blame({ suspect, others, since }: Pick<WatchedBase, 'suspect' | 'others' | 'since'>): string {
  if (others.length > 0) {
    const all = joined([...(suspect === null ? [] : [nameOf(suspect)]), ...others]);
    return `The suspects landed together: ${all}. A person has to say which of them is taken back`;
  }
  if (suspect === null) return `The suspect is ${short(since)}, which is not ours`;
  return suspect.revertOf === null
    ? `The suspect is ${suspect.key} (pull request #${suspect.pullRequest}), which is run once more and then taken back`
    : `Taking back pull request #${suspect.revertOf.pullRequest} did not help, so a person has to look`;
}

function nameOf({ key, pullRequest }: IssueRecord): string {
  return `${key} (#${pullRequest})`;
}

/** Our own change is taken back once: the failed check is run again first, for a flaky one must not undo good work. */
function takeBack(sight: Sight, turn: Turn, base: WatchedBase): void {
  const { project, repository, suspect, others, failed, since, sure, branch } = base;
  if (!sure) return;
  // To take them all back would undo what is right; which of them it is, their own checks did not say.
  if (others.length > 0) return;
  const [check] = failed;
  if (check === undefined || suspect === null || suspect.phase !== 'done' || suspect.revertOf !== null) return;
  if (turn.touched.has(suspect.issueId)) return;
  const issue = sight.issue(suspect.issueId);
  if (issue === null && sight.board?.gone.has(suspect.issueId) !== true) return;
  if (issue === null || issue.archived) {
    // An issue that cannot be moved or commented on cannot carry the work; restored, it does at the next look.
    const key = `unable:${repository}:${branch}:${since}`;
    turn.add([announce(repository, key, 'frozen', notTakenBack(base, suspect, issue))]);
    return;
  }
  if (project.rerunChecks && runsAgain(sight, turn, base, suspect)) return;
  const reason = `${check.name} is red on ${branch} since ${short(since)}, where ${suspect.key} landed.`;
  turn.update(suspect, reopened(suspect, issue, check, base, sight.snapshot.now), reason);
}

function notTakenBack({ repository, branch }: WatchedBase, suspect: IssueRecord, issue: Issue | null): string {
  const { key, pullRequest } = suspect;
  return issue === null
    ? `${branch} of ${repository} is red by ${nameOf(suspect)}, and Linear has no ${key} any more, so it is not taken back: revert pull request #${pullRequest} yourself.`
    : `${branch} of ${repository} is red by ${nameOf(suspect)}, which is not taken back because ${key} is archived in Linear: restore it there, or revert pull request #${pullRequest} yourself.`;
}

function reopened(suspect: IssueRecord, issue: Issue, check: Check, { since }: WatchedBase, now: number) {
  const attempt = suspect.attempt + 1;
  return {
    phase: 'active',
    reason: null,
    attempt,
    branch: `${BRANCH_PREFIX}${suspect.key.toLowerCase()}-revert-${attempt}`,
    claimedMove: moveOf(issue),
    head: null,
    pullRequest: null,
    mergeCommit: null,
    mergeVerified: false,
    approvals: [],
    roundsFrom: now,
    resumedAt: now,
    revertOf: {
      mergeCommit: since,
      pullRequest: suspect.pullRequest ?? 0,
      title: suspect.ticket.title,
      check: check.name,
      sha: since,
    },
  } as const;
}

/** True while a failed check of the tip has not had its second chance. */
function runsAgain({ snapshot }: Sight, turn: Turn, { repository, view, failed }: WatchedBase, suspect: IssueRecord) {
  const { issueId } = suspect;
  let under = false;
  for (const check of failed) {
    const key = effectKey.rerun(issueId, view.tip, check.name);
    const rerun = effectStanding(snapshot.effects, key, snapshot.now, 0);
    if (rerun.kind === 'refused') continue;
    if (rerun.kind === 'due') {
      const subject = subjectKey({ kind: 'issue', issueId });
      const reason = `${check.name} failed on ${short(view.tip)}: it is run once more before the change is taken back.`;
      turn.add([{ kind: 'rerun-check', key: rerun.key, repository, check, subject, reason }]);
    }
    const asked = rerun.kind === 'done' ? (snapshot.effects.get(rerun.key)?.confirmedAt ?? 0) : 0;
    under ||= rerun.kind !== 'done' || (rerun.outsideId === runOf(check) && snapshot.now - asked < LAG_MS);
  }
  return under;
}

/** In one line with what is done to the repository, so that the order holds. */
function announce(repository: string, key: string, event: 'frozen' | 'thawed', text: string) {
  return { kind: 'report', key, event, text, subject: `repository:${repository}`, reason: text } as const;
}
