/** The user message a run opens with: the whole context where the session is new, then the words for its cause. */
import type { FrozenTicket } from '../domain/issue-record.ts';
import type { PullRequest } from '../domain/pull-request.ts';
import type { Cause, Finding, Remark, RunResult } from '../domain/run.ts';
import type { Task } from './prepare-task.ts';
import type { Session } from './session-options.ts';
import type { Transcript } from './transcript.ts';
import { bounded, fence, visibleCode, visibleLine, visibleProse } from './untrusted.ts';

const TICKET_CHARACTERS_MAX = 20_000;
const COMMENT_CHARACTERS_MAX = 4_000;
const COMMENTS_MAX = 30;
const LOG_CHARACTERS_MAX = 20_000;
const DIFF_BYTES_MAX = 60_000;
const GUIDE_BYTES_MAX = 256 * 1024;

export async function openingMessage(session: Session, task: Task, transcript: Transcript): Promise<string> {
  const parts: string[] = [];
  if (transcript.all.length === 0) parts.push(task.prompt.render('context', await contextOf(session, task)));
  // A run that crashed before it said a word never told the agent what it was for.
  if (task.root.runId !== session.run.id && !transcript.has(task.root.runId)) {
    parts.push(await causeText(session, task, task.root.cause));
  }
  parts.push(await causeText(session, task, session.run.cause));
  return parts.join('\n\n');
}

async function contextOf(session: Session, task: Task): Promise<Readonly<Record<string, string>>> {
  return {
    heading: heading(session, task),
    repository: session.run.repository,
    branch: task.kind === 'work' ? task.record.branch : '',
    baseBranch: task.baseBranch,
    ticket: subjectText(task),
    guides: await guidesOf(session, task),
    verify: task.kind === 'work' ? task.verify.map((command) => `    ${command}`).join('\n') : '',
  };
}

/** Names alone: whoever wrote the title wrote it within the fence. */
function heading({ run }: Session, task: Task): string {
  const reverted = task.record?.revertOf ?? null;
  if (task.record !== null && reverted !== null) {
    return `Revert of pull request #${reverted.pullRequest}, which turned ${reverted.check} red on ${task.baseBranch}. The change must take back ${reverted.mergeCommit} and do nothing else; the issue below is what that pull request was for.`;
  }
  if (task.record !== null) return `Issue ${task.record.key}`;
  return `Pull request #${run.subject.kind === 'pull-request' ? run.subject.number : ''}`;
}

function subjectText(task: Task): string {
  if (task.record !== null) return ticketText(task.record.key, task.record.ticket);
  return task.kind !== 'work' && task.pullRequest !== null ? pullRequestText(task.pullRequest) : '';
}

function ticketText(key: string, ticket: FrozenTicket): string {
  const description = bounded(visibleProse(ticket.description), TICKET_CHARACTERS_MAX);
  const comments = ticket.comments.slice(-COMMENTS_MAX).map((comment) => {
    const body = bounded(visibleProse(comment.body), COMMENT_CHARACTERS_MAX);
    return fence(`comment by ${visibleLine(comment.author)}`, body);
  });
  return [fence(`issue ${key}`, titled(ticket.title, description)), ...comments].join('\n');
}

function pullRequestText(pullRequest: PullRequest): string {
  const body = bounded(visibleProse(pullRequest.body), TICKET_CHARACTERS_MAX);
  const from = `pull request by ${visibleLine(pullRequest.author)}`;
  return fence(from, titled(pullRequest.title, body));
}

function titled(title: string, text: string): string {
  return `${visibleLine(title)}\n\n${text.trim() === '' ? '(no description)' : text}`;
}

/** Agents' guides first; a file that says it all already is not followed by one that repeats it. */
const GUIDES: readonly { readonly anyOf: readonly string[]; readonly charactersMax: number }[] = [
  { anyOf: ['AGENTS.md', 'CLAUDE.md'], charactersMax: 8_000 },
  { anyOf: ['CONTRIBUTING.md', '.github/CONTRIBUTING.md'], charactersMax: 4_000 },
  { anyOf: ['README.md'], charactersMax: 2_000 },
];

/** From the base branch, never from the change: what is under review does not get to instruct. */
async function guidesOf({ mirror, run }: Session, task: Task): Promise<string> {
  const guides: string[] = [];
  for (const guide of GUIDES) {
    for (const path of guide.anyOf) {
      const text = await mirror.file(run.repository, task.baseTip, path, GUIDE_BYTES_MAX);
      if (text === null) continue;
      guides.push(fence(path, bounded(visibleProse(text), guide.charactersMax)));
      break;
    }
  }
  return guides.join('\n');
}

async function causeText(session: Session, task: Task, cause: Cause): Promise<string> {
  const { prompt } = task;
  const common = { baseBranch: task.baseBranch, behind: behindText(task) };
  switch (cause.kind) {
    case 'implement':
      return prompt.render('implement', common);
    case 'findings':
      return prompt.render('findings', { ...common, findings: await findingsText(session, cause.verdictId) });
    case 'checks-failed': {
      const log = await session.failureLog(session.run.repository, cause.head, cause.checks);
      return prompt.render('checks-failed', {
        ...common,
        checks: cause.checks.map(visibleLine).join(', '),
        head: cause.head,
        log: fence('log of the checks', visibleCode(log).slice(-LOG_CHARACTERS_MAX)),
      });
    }
    case 'conflict':
      return prompt.render('conflict', { ...common, base: cause.base });
    case 'review':
    case 'audit':
      return prompt.render(cause.kind, {
        ...common,
        base: cause.base,
        head: cause.head,
        diff: await diffOf(session, cause),
      });
    case 'remarks':
      return prompt.render('remarks', { ...common, remarks: cause.remarks.map(remarkText).join('\n') });
    case 'revert':
      return prompt.render('revert', { ...common, mergeCommit: cause.mergeCommit });
    case 'crashed': {
      const before = await session.journal.run(cause.runId);
      return prompt.render('crashed', { ...common, reason: before?.endReason ?? 'the reason is not known' });
    }
    case 'answer':
      return prompt.render('answer', {
        ...common,
        by: visibleLine(cause.by),
        answer: fence(`answer by ${visibleLine(cause.by)}`, bounded(visibleProse(cause.text), TICKET_CHARACTERS_MAX)),
      });
  }
}

/** The id stands outside the fence: it is what the answer is filed under. */
function remarkText({ id, by, path, line, text }: Remark): string {
  const where = path === null ? '' : ` on ${visibleLine(path)}${line === null ? '' : `:${line}`}`;
  const body = bounded(visibleProse(text), COMMENT_CHARACTERS_MAX);
  return `id ${id}${where}\n${fence(`remark by ${visibleLine(by)}`, body)}`;
}

function behindText(task: Task): string {
  if (task.kind !== 'work' || task.behind === null) return '';
  return `\nThe branch was moved to ${task.behind} by somebody else. Merge that commit into your branch first (no rebase).\n`;
}

async function findingsText({ journal }: Session, verdictId: string): Promise<string> {
  const verdict = (await journal.verdicts()).find((candidate) => candidate.id === verdictId);
  const result = (await journal.run(verdict?.runId ?? verdictId))?.result;
  if (result?.kind === 'audit') return auditText(result);
  if (result?.kind !== 'review') return 'The findings are no longer known: look at the change once more yourself.';
  const list = result.findings.map((finding, index) => `${index + 1}. ${findingText(finding)}`);
  return fence('review', visibleCode([result.summary, ...list].join('\n\n')));
}

function auditText({ summary, criteria }: Extract<RunResult, { kind: 'audit' }>): string {
  const list = criteria
    .filter((one) => !one.met)
    .map((one, index) => `${index + 1}. Not met: ${one.criterion}\n   ${one.evidence}`);
  return fence('audit', visibleCode([summary, ...list].join('\n\n')));
}

function findingText({ path, line, severity, comment }: Finding): string {
  return `${path}${line === null ? '' : `:${line}`} (${severity}): ${comment}`;
}

async function diffOf({ mirror, run }: Session, cause: Extract<Cause, { kind: 'review' | 'audit' }>): Promise<string> {
  const diff = visibleCode(await mirror.diffText(run.repository, cause.base, cause.head, DIFF_BYTES_MAX));
  const whole = `All of it: \`git diff ${cause.base}...${cause.head}\` in the checkout.`;
  return `${fence('diff', diff)}\n${diff.length >= DIFF_BYTES_MAX ? `The diff was too long and is cut. ${whole}` : whole}`;
}
