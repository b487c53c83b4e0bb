/**
 * May this pull request merge? A pure function of recorded facts: no model is asked. The answer is a tree that the
 * dashboard, the issue's comment and `heartline why` show as it is.
 */

import type { EpochMs } from '../domain/issue.ts';
import type { Approval } from '../domain/issue-record.ts';
import type { DiffFacts, PullRequest, Review } from '../domain/pull-request.ts';
import type { MicroUsd } from '../domain/run.ts';
import type { ProjectSettings, Settings } from '../domain/settings.ts';
import { type AuditVerdict, all, no, type ReviewVerdict, type Verdict, wait, yes } from '../domain/verdict.ts';
import { requiredChecks, short } from './checks.ts';
import { guardedChanges } from './protected-paths.ts';
import { dollars } from './words.ts';

export interface GateFacts {
  readonly now: EpochMs;
  readonly settings: Settings;
  readonly project: ProjectSettings;
  readonly pullRequest: PullRequest;
  /** The head our rows say is ours; null when nothing was pushed yet. */
  readonly ourHead: string | null;
  /** Where this issue's work is meant to land. */
  readonly baseBranch: string;
  /** Null when git could not tell yet. */
  readonly diff: DiffFacts | null;
  /** Newest verdict of our ledger on this pull request, whatever head it speaks of. */
  readonly review: ReviewVerdict | null;
  /** Newest audit; null when there is none, absent where the pipeline asks for none. */
  readonly audit?: AuditVerdict | null;
  /** Runs that wrote commits of this pull request: none of them may be a judge. */
  readonly authorRuns: readonly string[];
  /** True once the review stands on GitHub, so that people see what the bot relies on. */
  readonly reviewPosted: boolean;
  readonly approvals: readonly Approval[];
  /** What the issue has cost; absent for what nobody set a budget for. */
  readonly spentMicroUsd?: MicroUsd;
  /** Why merging is frozen in this repository; null when it is not. */
  readonly frozen: string | null;
  /** Since when GitHub has not said whether it merges; absent or null where it has, or where nobody counted. */
  readonly unsureSince?: EpochMs | null;
  /** It lands through the forge's own queue, which tests it on the base as it is then. */
  readonly queued?: boolean;
}

/** Order: what can never pass first, then what needs somebody, then what needs time. */
export function gate(facts: GateFacts): Verdict {
  return all(
    'gate',
    [
      notFrozen(facts),
      open(facts),
      ours(facts),
      target(facts),
      size(facts),
      human(facts),
      tests(facts),
      review(facts),
      ...(facts.audit === undefined ? [] : [audited(facts, facts.audit)]),
      nobodyObjects(facts),
      threads(facts),
      requiredChecks(facts.project.checks, facts.pullRequest.checks, facts.pullRequest.head).verdict,
      mergeable(facts),
      baseTested(facts),
      ...(facts.spentMicroUsd === undefined ? [] : [money(facts.settings, facts.spentMicroUsd)]),
    ],
    `Pull request #${facts.pullRequest.number} may merge at ${short(facts.pullRequest.head)}.`,
  );
}

function notFrozen({ frozen, pullRequest }: GateFacts): Verdict {
  return frozen === null
    ? yes('freeze', 'Merging is not frozen.')
    : no('freeze', `Merging is frozen in ${pullRequest.repository}: ${frozen}`);
}

function open({ pullRequest }: GateFacts): Verdict {
  if (pullRequest.state !== 'open') return no('open', `Pull request #${pullRequest.number} is ${pullRequest.state}.`);
  if (pullRequest.draft) return no('open', `Pull request #${pullRequest.number} is a draft: mark it ready for review.`);
  if (pullRequest.fromFork)
    return no(
      'open',
      `Pull request #${pullRequest.number} comes from a fork; only branches of the repository itself are merged.`,
    );
  return yes('open', 'Open, not a draft.');
}

function ours({ pullRequest, ourHead }: GateFacts): Verdict {
  return pullRequest.head === ourHead
    ? yes('head', `The live head ${short(pullRequest.head)} is the one we pushed.`)
    : no(
        'head',
        `The live head ${short(pullRequest.head)} is not the one we pushed${ourHead === null ? '' : ` (${short(ourHead)})`}.`,
      );
}

/** A person may point a pull request at another branch, and two branches may stand at the same commit: the name decides. */
function target({ pullRequest, baseBranch }: GateFacts): Verdict {
  return pullRequest.baseBranch === baseBranch
    ? yes('target', `It goes into ${baseBranch}.`)
    : no(
        'target',
        `Pull request #${pullRequest.number} goes into ${pullRequest.baseBranch}, not ${baseBranch}: point it back, or merge it by hand.`,
      );
}

function size({ settings, diff }: GateFacts): Verdict {
  if (diff === null) return wait('size', 'The diff has not been read yet.');
  const lines = diff.additions + diff.deletions;
  const { changedFilesMax, changedLinesMax } = settings.limits;
  if (diff.files.length === 0) return no('size', 'The pull request changes nothing.');
  if (diff.files.length > changedFilesMax)
    return no(
      'size',
      `${diff.files.length} files changed, at most ${changedFilesMax} merge without a person: split the issue, or merge by hand.`,
    );
  if (lines > changedLinesMax)
    return no(
      'size',
      `${lines} lines changed, at most ${changedLinesMax} merge without a person: split the issue, or merge by hand.`,
    );
  return yes('size', `${diff.files.length} files, ${lines} lines.`);
}

function human(facts: GateFacts): Verdict {
  if (facts.diff === null) return wait('protected paths', 'The diff has not been read yet.');
  const touched = [
    ...guardedChanges(facts.diff.changes, facts.project.protectedPaths).map(({ path, why }) =>
      why === null ? path : `${path} (${why})`,
    ),
    ...facts.diff.unjudged,
  ];
  if (touched.length === 0) return yes('protected paths', 'No protected file is touched.');
  const list = firstOf(touched, 5);
  const approval = approvalOf(facts);
  return approval !== undefined
    ? yes('protected paths', `${approval.by} approved ${short(approval.sha)}, which touches ${list}.`)
    : no('protected paths', `${list}: needs a person. ${howToApprove(facts)}`);
}

/** Whether the measure was bent instead of the work mended: signs of it in the diff, which only a person may wave through. */
function tests(facts: GateFacts): Verdict {
  if (facts.diff === null) return wait('tests', 'The diff has not been read yet.');
  const signs = facts.diff.weakening;
  if (signs.length === 0) return yes('tests', 'No sign that tests were weakened.');
  const list = firstOf(
    signs.map(({ path, reason }) => `${path}: ${reason}`),
    3,
  );
  const approval = approvalOf(facts);
  return approval !== undefined
    ? yes('tests', `${approval.by} approved ${short(approval.sha)}, where tests may be weaker. ${list}`)
    : no('tests', `Tests may have been weakened, which needs a person. ${list} ${howToApprove(facts)}`);
}

/** A person's word on exactly this head, while it holds. */
function approvalOf({ now, settings, pullRequest, approvals }: GateFacts): Approval | undefined {
  const oldest = now - settings.limits.approvalHoursMax * 3_600_000;
  return approvals.find((one) => one.sha === pullRequest.head && one.at >= oldest);
}

function howToApprove({ pullRequest }: GateFacts): string {
  return `Comment "/approve ${short(pullRequest.head)}" after looking.`;
}

function firstOf(texts: readonly string[], most: number): string {
  const rest = texts.length - most;
  const ends = texts[0]?.endsWith('.') === true;
  const shown = texts.slice(0, most).join(ends ? ' ' : ', ');
  return rest <= 0 ? shown : ends ? `${shown} And ${rest} more.` : `${shown} and ${rest} more`;
}

function review({ pullRequest, diff, review: verdict, authorRuns, reviewPosted }: GateFacts): Verdict {
  const head = short(pullRequest.head);
  if (verdict === null) return wait('review', `No review of ${head} yet.`);
  if (verdict.head !== pullRequest.head)
    return wait('review', `The review speaks of ${short(verdict.head)}, the head is ${head}.`);
  if (diff === null) return wait('review', 'The diff has not been read yet.');
  if (verdict.digest !== diff.digest)
    return wait('review', `The change against the base is not the one that was reviewed at ${head}.`);
  if (verdict.decision !== 'approve') return no('review', `The review of ${head} asks for changes.`);
  if (authorRuns.includes(verdict.runId))
    return no('review', 'The reviewer wrote part of this change: its own approval does not count.');
  if (!reviewPosted) return wait('review', `The approval of ${head} is not on GitHub yet.`);
  return yes('review', `An independent session approved ${head}.`);
}

function audited({ pullRequest, diff, authorRuns }: GateFacts, verdict: AuditVerdict | null): Verdict {
  const head = short(pullRequest.head);
  if (verdict === null) return wait('audit', `No audit of ${head} yet.`);
  if (verdict.head !== pullRequest.head)
    return wait('audit', `The audit speaks of ${short(verdict.head)}, the head is ${head}.`);
  if (verdict.digest !== diff?.digest)
    return wait('audit', `The change against the base is not the one that was audited at ${head}.`);
  if (verdict.decision !== 'pass') return no('audit', `The audit of ${head} found criteria of the issue not met.`);
  if (authorRuns.includes(verdict.runId))
    return no('audit', 'The auditor wrote part of this change: its own word does not count.');
  return yes('audit', `Every criterion of the issue is met at ${head}.`);
}

/** GitHub itself minds it only where it asks for approvals. An older word of the same person is taken back by a newer one. */
export function nobodyObjects({ settings, pullRequest }: Pick<GateFacts, 'settings' | 'pullRequest'>): Verdict {
  for (const { name, github } of settings.people) {
    const last = pullRequest.reviews
      .filter(({ author, state }) => author.toLowerCase() === github?.toLowerCase() && DECISIVE.has(state))
      // One identity may be the bot's and a person's.
      .filter(({ body }) => !body.includes('<!-- heartline:'))
      .reduce<Review | null>((one, other) => (one !== null && (one.at ?? 0) > (other.at ?? 0) ? one : other), null);
    if (last?.state === 'changes-requested')
      return no(
        'objections',
        `${name} asked for changes in a review. It merges once ${name} approves it, or that review is dismissed.`,
      );
  }
  return yes('objections', 'Nobody on the list asks for changes.');
}

const DECISIVE: ReadonlySet<Review['state']> = new Set(['approved', 'changes-requested']);

/** Also those whose line is gone: a question is not answered by that, and GitHub's own rule counts them. */
export function threads({ pullRequest }: Pick<GateFacts, 'pullRequest'>): Verdict {
  const unresolved = pullRequest.threads.filter((thread) => !thread.resolved);
  const first = unresolved[0];
  if (first === undefined) return yes('threads', 'No open review thread.');
  const where = first.outdated ? ', where the line is gone by now' : first.line === null ? '' : `:${first.line}`;
  const many = unresolved.length === 1 ? 'thread is' : 'threads are';
  return no(
    'threads',
    `${unresolved.length} review ${many} open, first on ${first.path}${where}. Resolve what is settled, or reply there.`,
  );
}

/** Runs end before they pass it; who lowered it meanwhile has a say before the work lands. */
function money({ budget: { issueMicroUsdMax } }: Settings, spent: MicroUsd): Verdict {
  const bill = `${dollars(spent)} of ${dollars(issueMicroUsdMax)} are used`;
  return spent <= issueMicroUsdMax
    ? yes('money', `${bill}.`)
    : no('money', `${bill}: raise budget.issueUsd in heartline.yaml, or merge it by hand.`);
}

/** GitHub needs seconds, and on its bad days minutes: beyond this a person has to see to it, and others go first. */
const UNSURE_MS_MAX = 60 * 60_000;

function mergeable({ now, pullRequest, unsureSince = null }: GateFacts): Verdict {
  switch (pullRequest.mergeable) {
    case 'yes':
      return yes('conflicts', 'GitHub sees no conflict.');
    case 'conflict':
      return no('conflicts', `Conflicts with ${pullRequest.baseBranch}.`);
    case 'unknown':
      // What is in GitHub's queue is GitHub's to merge, whatever it says of it meanwhile.
      return unsureSince === null || now - unsureSince < UNSURE_MS_MAX || pullRequest.queued !== null
        ? wait('conflicts', 'GitHub is still working out whether it can merge.')
        : no(
            'conflicts',
            `For an hour GitHub has not said whether pull request #${pullRequest.number} can merge. Open its page, which makes GitHub look again, or merge it by hand. Others go first until then; it goes on by itself when GitHub says yes.`,
          );
  }
}

function baseTested({ pullRequest, diff, queued = false }: GateFacts): Verdict {
  if (queued) return yes('base', `The merge queue of ${pullRequest.baseBranch} tests it on the base as it is then.`);
  if (diff === null) return wait('base', 'The base has not been compared yet.');
  return diff.baseIsAncestor
    ? yes(
        'base',
        `${short(pullRequest.head)} contains ${pullRequest.baseBranch} as it is now (${short(pullRequest.base)}).`,
      )
    : wait(
        'base',
        `${pullRequest.baseBranch} moved to ${short(pullRequest.base)}: the branch must be brought up to date and checked again.`,
      );
}
