/**
 * Branch rules against what the bot can give: GitHub refuses a merge that they block, so a rule nobody here can satisfy
 * has to be told before work is paid for. Of classic rules GitHub shows only admins whether a branch must be up to date.
 */
import { REVIEW_CONTEXT } from '../../decide/stages/review.ts';
import type { ProjectSettings } from '../../domain/settings.ts';
import type { ForgeAccess } from '../../heartbeat/access.ts';
import { type CheckLine, type LineMaker, listed } from './check-line.ts';

export interface RuleFacts {
  readonly project: ProjectSettings;
  readonly access: ForgeAccess;
  readonly line: LineMaker;
}

type Rules = NonNullable<ForgeAccess['protection']>;

export function judgeRules({ project, access, line }: RuleFacts): readonly CheckLine[] {
  const branch = project.baseBranch ?? access.defaultBranch;
  const whole = access.permission === 'admin';
  const rules = access.protection;
  if (rules === null) return [noRules(branch, whole, line)];
  const lines = rules.mergeQueue
    ? queueLines(project, rules, branch, line)
    : [strictLine(rules, branch, whole, line), ...checkLines(project, rules, branch, line)];
  const approvals = approvalLine({ project, access, line }, rules, branch);
  const conversations = rules.conversationResolution && project.autoMerge;
  return [
    ...lines,
    ...(approvals === null ? [] : [approvals]),
    ...(conversations
      ? [
          line.warn(
            `${branch} asks for resolved conversations: Heartline resolves its own when it approves and people's when it did what they asked; any other holds the merge up, also one on a line that is gone.`,
            'Resolve those on GitHub.',
          ),
        ]
      : []),
  ];
}

/** What Heartline does by itself where the server does not insist: said with every rule that leaves the rest to it. */
const OWN_CARE =
  "Heartline brings each pull request up to date and merges one at a time, but somebody else's push between its last look and the merge lands beside it untested: it sees that afterwards, and freezes";

function noRules(branch: string, whole: boolean, line: LineMaker): CheckLine {
  const fix = `Protect ${branch}: require status checks, up to date before merging, or a merge queue.`;
  return whole
    ? line.warn(`${branch} has no rules. ${OWN_CARE}.`, fix)
    : line.warn(
        `GitHub shows this token no rules on ${branch}; there may be some, for the details are shown to admins only. If there are none: ${OWN_CARE}.`,
        `Ask an admin to see that ${branch} requires branches to be up to date and nothing that Heartline cannot give.`,
      );
}

function strictLine({ strict }: Rules, branch: string, whole: boolean, line: LineMaker): CheckLine {
  if (strict) {
    return line.ok(`${branch} must be up to date before merging, one at a time: what was tested is what lands.`);
  }
  const fix = `Tick "Require branches to be up to date before merging" for ${branch}.`;
  return whole
    ? line.warn(`${branch} need not be up to date before merging. ${OWN_CARE}.`, fix)
    : line.warn(
        `whether ${branch} must be up to date before merging is shown to admins only. If it need not: ${OWN_CARE}.`,
        `Ask one. ${fix}`,
      );
}

/** The queue tests what it lands, by the checks that the branch requires and by no others. */
function queueLines(project: ProjectSettings, rules: Rules, branch: string, line: LineMaker): readonly CheckLine[] {
  const queue = line.ok(
    `${branch} merges through GitHub's merge queue, by the queue's own method: Heartline queues the reviewed head, and CI must run on merge_group.`,
  );
  if (!project.autoMerge) return [queue];
  const named = project.checks.map((check) => check.name);
  const untested = named.filter((check) => !rules.checks.includes(check));
  const unknown = rules.checks.filter((check) => check !== REVIEW_CONTEXT && !named.includes(check));
  return [
    queue,
    ...(project.batchMax > 1
      ? [
          line.warn(
            `batchMax is ${project.batchMax}, and the queue of ${branch} makes groups of its own: it is not used.`,
            `Set projects.${project.name}.batchMax to 1.`,
          ),
        ]
      : []),
    ...(untested.length > 0
      ? [
          line.fail(
            `${branch} does not require ${listed(untested)}, so its queue would land without it.`,
            `Require it in the rules of ${branch}, spelt as CI reports it.`,
          ),
        ]
      : []),
    ...(unknown.length > 0 ? [unknownLine(project, unknown, branch, line)] : []),
    ...(rules.checks.includes(REVIEW_CONTEXT)
      ? [
          line.fail(
            `${branch} requires ${REVIEW_CONTEXT}, which Heartline sets on pull requests and nobody on the queue's own commits: nothing would ever land.`,
            `Take ${REVIEW_CONTEXT} out of the rules of ${branch}; Heartline queues nothing that it has not reviewed.`,
          ),
        ]
      : []),
  ];
}

function unknownLine(
  { name }: ProjectSettings,
  unknown: readonly string[],
  branch: string,
  line: LineMaker,
): CheckLine {
  return line.fail(
    `${branch} requires ${listed(unknown)}, which Heartline does not wait for: GitHub would refuse its merges.`,
    `Add to projects.${name}.checks: ${unknown.map((check) => `{ name: ${check} }`).join(', ')}.`,
  );
}

function checkLines(project: ProjectSettings, rules: Rules, branch: string, line: LineMaker): readonly CheckLine[] {
  const { checks, autoMerge } = project;
  const named = checks.map((check) => check.name);
  const unknown = rules.checks.filter((check) => check !== REVIEW_CONTEXT && !named.includes(check));
  const optional = named.filter((check) => !rules.checks.includes(check));
  const lines: CheckLine[] = [];
  if (unknown.length > 0 && autoMerge) lines.push(unknownLine(project, unknown, branch, line));
  if (optional.length > 0) {
    lines.push(
      line.warn(
        `${branch} does not require ${listed(optional)}; Heartline waits for it, people's merges need not.`,
        `Require it in the rules of ${branch}, and see that the name is spelt as CI reports it.`,
      ),
    );
  }
  if (named.length > 0 && optional.length === 0) lines.push(line.ok(`${branch} requires ${listed(named)} as well.`));
  lines.push(
    rules.checks.includes(REVIEW_CONTEXT)
      ? line.ok(`${branch} requires ${REVIEW_CONTEXT}, which Heartline sets after each review.`)
      : line.warn(
          `${branch} does not require ${REVIEW_CONTEXT}: Heartline waits for its review, people's merges need not.`,
          `Require ${REVIEW_CONTEXT} in the rules of ${branch} if every merge is to be reviewed by it.`,
        ),
  );
  return lines;
}

/** The bot opens pull requests under one login, and GitHub takes no approval from the login that opened one. */
function approvalLine({ project, access, line }: RuleFacts, rules: Rules, branch: string): CheckLine | null {
  const wanted = rules.approvals;
  if (wanted === 0) return null;
  const asks = `${branch} asks for ${wanted} approving review${wanted === 1 ? '' : 's'}`;
  if (!project.autoMerge) return line.ok(`${asks}; merging is left to people here.`);
  const given = access.reviewer === null || access.reviewer === access.login ? 0 : 1;
  if (given >= wanted) return line.ok(`${asks}, which ${access.reviewer} gives if it may write there.`);
  return given === 0
    ? line.fail(
        `${asks}, and with one identity Heartline can NEVER meet that: GitHub refuses approving one's own pull request.`,
        'Configure github.reviewer with a token of a second account that may write there, or lower the rule, or say autoMerge: false.',
      )
    : line.fail(
        `${asks}, and Heartline can NEVER meet that: its one reviewer ${access.reviewer} approves once.`,
        'Lower the rule to one approval, or say autoMerge: false and let people merge.',
      );
}
