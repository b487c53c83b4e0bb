/** What GitHub shows of a repository, held against its project: may the bot push, and can its pull requests ever be merged? */
import { GITHUB_TOKEN_RIGHTS } from '../../config/secrets.ts';
import { REVIEW_CONTEXT } from '../../decide/stages/review.ts';
import type { ProjectSettings } from '../../domain/settings.ts';
import type { ForgeAccess } from '../../heartbeat/access.ts';
import { type CheckLine, type LineMaker, type Look, linesAbout, listed } from './check-line.ts';
import { judgeRules } from './judge-rules.ts';

export interface RepositoryFacts {
  readonly project: ProjectSettings;
  readonly access: Look<ForgeAccess>;
  /** Tip of the base branch as git itself was told with the token; null when there is no such branch. */
  readonly tip: Look<string | null>;
}

export function judgeRepository({ project, access, tip }: RepositoryFacts): readonly CheckLine[] {
  const line = linesAbout('github', project.repository);
  const git = tipLine(project, access, tip, line);
  if (!access.known) return [line.fail(access.reason, accessFix(project, access)), git];
  const missing = tip.known && tip.value === null;
  return [
    permissionLine(access.value, line),
    git,
    ...(access.value.protection?.mergeQueue === true ? [] : [methodLine(project, access.value, line)]),
    checksLine(project, line),
    ...(missing ? [] : judgeRules({ project, access: access.value, line })),
  ];
}

/** One line for each identity, whichever repository it was seen at first. */
export function judgeIdentities(
  accesses: readonly Look<ForgeAccess>[],
  separateReviewer: boolean,
): readonly CheckLine[] {
  const known = accesses.find((access) => access.known);
  if (known === undefined || !known.known) return [];
  const { login, reviewer } = known.value;
  const [token, second] = [linesAbout('github', 'token'), linesAbout('github', 'reviewer')];
  const acts = token.ok(`acts as ${login}.`);
  if (!separateReviewer) {
    return [acts, second.ok("none: reviews are posted as comments, for GitHub refuses approving one's own.")];
  }
  if (reviewer === null) {
    return [acts, second.fail('GitHub did not say who the second token is.', 'Make a new token for github.reviewer.')];
  }
  return [
    acts,
    reviewer.toLowerCase() === login.toLowerCase()
      ? second.fail(
          `both tokens belong to ${login}, and GitHub refuses approving one's own pull request.`,
          'Make the token of github.reviewer as another account, or leave github.reviewer out.',
        )
      : second.ok(`reviews as ${reviewer}; its approval counts where that account may write.`),
  ];
}

function accessFix({ repository }: ProjectSettings, { kind }: Extract<Look<unknown>, { known: false }>): string {
  switch (kind) {
    case 'unauthorised':
      return 'Make a new token and see that it is allowed for this repository.';
    case 'missing':
      return `See that ${repository} is spelt right and that the token may see it: GitHub says "not found" to both.`;
    case 'limited':
      return "The token's allowance is used up: wait, or use another account.";
    default:
      return 'See that github.baseUrl is right and can be reached from here.';
  }
}

function permissionLine({ permission, login }: ForgeAccess, line: LineMaker): CheckLine {
  switch (permission) {
    case 'write':
      return line.ok(`${login} may write: push, review, label, make drafts ready, have checks run again.`);
    case 'admin':
      return line.warn(
        `${login} is an admin, and where admins may bypass the branch rules GitHub would let it merge past them.`,
        'Use an account with write, or forbid bypassing in the branch rules; Heartline itself never asks to bypass.',
      );
    case 'read':
    case 'none':
      return line.fail(
        `${login} may ${permission === 'read' ? 'only read' : 'do nothing'}, so it can push no branch.`,
        `Give ${login} write access, and the token ${GITHUB_TOKEN_RIGHTS}.`,
      );
  }
}

function tipLine(
  project: ProjectSettings,
  access: Look<ForgeAccess>,
  tip: Look<string | null>,
  line: LineMaker,
): CheckLine {
  const branch = project.baseBranch ?? (access.known ? access.value.defaultBranch : null);
  if (!tip.known) {
    const fix =
      tip.kind === 'unauthorised' || tip.kind === 'missing'
        ? 'Give the token contents with write for this repository.'
        : 'See that github.gitUrl is right and can be reached from here.';
    return line.fail(`git cannot reach it: ${tip.reason}`, fix);
  }
  if (branch === null) return line.ok('git reaches it.');
  if (tip.value !== null) return line.ok(`git reaches it; ${branch} is at ${tip.value.slice(0, 9)}.`);
  return line.fail(
    `it has no branch ${branch} that work could start from.`,
    project.baseBranch === null
      ? `Push a first commit to ${branch}.`
      : `Correct projects.${project.name}.baseBranch${access.known ? ` (its default branch is ${access.value.defaultBranch})` : ''}.`,
  );
}

function methodLine({ name, mergeMethod }: ProjectSettings, { mergeMethods }: ForgeAccess, line: LineMaker): CheckLine {
  if (mergeMethods.length === 0) {
    const fix = `See under Settings > General > Pull Requests that ${mergeMethod} is allowed.`;
    return line.warn('GitHub does not show this token which merge methods are allowed.', fix);
  }
  return mergeMethods.includes(mergeMethod)
    ? line.ok(`merging by ${mergeMethod} is allowed.`)
    : line.fail(
        `merging by ${mergeMethod} is not allowed, only by ${listed(mergeMethods)}.`,
        `Set projects.${name}.mergeMethod to ${mergeMethods[0]}, or allow ${mergeMethod} in the repository's settings.`,
      );
}

function checksLine({ name, autoMerge, checks }: ProjectSettings, line: LineMaker): CheckLine {
  if (!autoMerge)
    return line.ok('pull requests are opened, reviewed and left for a person to merge (autoMerge: false).');
  if (checks.length === 0) {
    return line.fail(
      'no required checks are named, so nothing is ever merged.',
      `Name them under projects.${name}.checks, or say autoMerge: false.`,
    );
  }
  // That it is weak to take a check from anybody was said with the settings.
  const named = checks.map((check) => `${check.name} (from ${check.app ?? 'anybody'})`);
  return line.ok(`merged only with ${listed(named)} and Heartline's own ${REVIEW_CONTEXT}.`);
}
