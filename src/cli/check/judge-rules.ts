/**
 * Branch rules against what the bot can give: GitHub refuses a merge that they block, so a rule nobody here can satisfy
 * has to be told before work is paid for. GitHub shows the rules in full to admins only: what is not shown is unknown.
 */
import { REVIEW_CONTEXT } from '../../decide/stages/review.ts';
import type { ProjectSettings } from '../../domain/settings.ts';
import type { ForgeAccess } from '../../heartbeat/ports.ts';
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
  const lines = [strictLine(rules, branch, whole, line), ...checkLines(project, rules, branch, line)];
  const approvals = approvalLine({ project, access, line }, rules, branch, whole);
  if (approvals !== null) lines.push(approvals);
  if (rules.conversationResolution && project.autoMerge) {
    lines.push(
      line.warn(
        `${branch} asks for resolved conversations, and Heartline leaves its reviewer's threads for people to resolve: a pull request that got findings waits for that.`,
        'Resolve them on GitHub, or switch that rule off: Heartline looks at the findings again by itself.',
      ),
    );
  }
  return lines;
}

function noRules(branch: string, whole: boolean, line: LineMaker): CheckLine {
  const fix = `Protect ${branch}: require status checks, up to date before merging.`;
  return whole
    ? line.warn(
        `${branch} has no rules: that what is merged was tested on what is there rests on Heartline alone.`,
        fix,
      )
    : line.warn(
        `GitHub shows this token no rules on ${branch}; there may be some, for the details are shown to admins only.`,
        `Ask an admin to see that ${branch} requires branches to be up to date and nothing that Heartline cannot give.`,
      );
}

function strictLine({ strict }: Rules, branch: string, whole: boolean, line: LineMaker): CheckLine {
  if (strict) return line.ok(`${branch} must be up to date before merging: what was tested is what lands.`);
  const fix = `Tick "Require branches to be up to date before merging" for ${branch}.`;
  return whole
    ? line.warn(
        `${branch} need not be up to date before merging: a push at the wrong moment can land beside a merge untested.`,
        fix,
      )
    : line.warn(`whether ${branch} must be up to date before merging is shown to admins only.`, `Ask one. ${fix}`);
}

function checkLines(project: ProjectSettings, rules: Rules, branch: string, line: LineMaker): readonly CheckLine[] {
  const { name, checks, autoMerge } = project;
  const named = checks.map((check) => check.name);
  const unknown = rules.checks.filter((check) => check !== REVIEW_CONTEXT && !named.includes(check));
  const optional = named.filter((check) => !rules.checks.includes(check));
  const lines: CheckLine[] = [];
  if (unknown.length > 0 && autoMerge) {
    lines.push(
      line.fail(
        `${branch} requires ${listed(unknown)}, which Heartline does not wait for: GitHub would refuse its merges.`,
        `Add to projects.${name}.checks: ${unknown.map((check) => `{ name: ${check} }`).join(', ')}.`,
      ),
    );
  }
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
function approvalLine(
  { project, access, line }: RuleFacts,
  rules: Rules,
  branch: string,
  whole: boolean,
): CheckLine | null {
  const wanted = rules.approvals;
  if (wanted === 0) {
    return whole
      ? null
      : line.warn(
          `GitHub shows no required approvals on ${branch}; there may be some, for older rules are shown to admins only.`,
          access.reviewer === null
            ? 'If there are, configure github.reviewer: one account cannot approve its own.'
            : 'If there are, see that it is one at most.',
        );
  }
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
