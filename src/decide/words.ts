/** All the bot's words to people: pull request, review, status, progress comment, reports. Plain text in, Markdown out. */
import type { IssueRecord } from '../domain/issue-record.ts';
import type { Criterion, Finding, MicroUsd, Remark, RemarkAnswer } from '../domain/run.ts';
import type { AuditVerdict, ReviewVerdict, Verdict } from '../domain/verdict.ts';
import { short } from './checks.ts';
import type { IssueCase } from './issue-case.ts';

export function dollars(amount: MicroUsd): string {
  return `$${(amount / 1_000_000).toFixed(2)}`;
}

export function pullRequestMarker(record: Pick<IssueRecord, 'issueId' | 'attempt'>): string {
  return `<!-- heartline:issue:${record.issueId}:${record.attempt} -->`;
}

export function pullRequestText(
  record: IssueRecord,
  title: string,
  summary: string,
): { readonly title: string; readonly body: string } {
  return {
    title: `${record.key}: ${quietly(oneLine(title, 200), 200)}`,
    body: [
      quietly(summary, 8_000) || 'No summary was given.',
      `Issue: [${record.key}](${record.ticket.url})`,
      'Written, reviewed and merged by Heartline. Comment `/stop` here or on the issue to stop it.',
      pullRequestMarker(record),
    ].join('\n\n'),
  };
}

export function reviewMarker(verdict: ReviewVerdict): string {
  return `<!-- heartline:review:${verdict.id} -->`;
}

export function reviewText(verdict: ReviewVerdict, summary: string, findings: readonly Finding[]): string {
  const outcome =
    verdict.decision === 'approve'
      ? `**Approved** at ${short(verdict.head)}.`
      : `**Changes requested** at ${short(verdict.head)}: ${findings.length} ${findings.length === 1 ? 'finding' : 'findings'}.`;
  const notes = verdict.decision === 'approve' ? findings.slice(0, NOTES_MAX).map(noteText).join('\n') : '';
  return [outcome, quietly(summary, 8_000), notes, reviewMarker(verdict)].filter((part) => part !== '').join('\n\n');
}

/** GitHub refuses a body of more than 65,536 characters. */
const NOTES_MAX = 40;

function noteText({ path, line, comment }: Finding): string {
  const place = `${path}${line === null ? '' : `:${line}`}`.replaceAll('`', '');
  return `- \`${quietly(place, 300)}\`: ${quietly(oneLine(comment, 1_000), 1_000)}`;
}

/**
 * Findings stand beside lines of code in public. A path only loses what could forge a marker: it has to match the diff. What
 * an approval notes asks for nothing, so it opens no thread that branch rules may want resolved: it is in the review's words.
 */
export function quietFindings(verdict: ReviewVerdict, findings: readonly Finding[]): readonly Finding[] {
  if (verdict.decision === 'approve') return [];
  return findings.map((finding) => ({
    ...finding,
    path: finding.path.replaceAll('<!--', '&lt;!--'),
    comment: quietly(finding.comment, 4_000),
  }));
}

export function statusText(verdict: ReviewVerdict, findings: number): string {
  return verdict.decision === 'approve'
    ? `Approved at ${short(verdict.head)}`
    : `${findings} ${findings === 1 ? 'finding' : 'findings'} at ${short(verdict.head)}`;
}

export function answersMarker(id: string): string {
  return `<!-- heartline:answer:${id} -->`;
}

/** In the thread of the remark it answers. */
export function answerText(answer: RemarkAnswer, marker: string): string {
  return `${quietly(answer.text, 4_000)}\n\n${marker}`;
}

/** Several remarks answered in one comment, each quoted by its beginning. */
export function answersText(answers: readonly (readonly [Remark, RemarkAnswer])[], marker: string): string {
  const charactersMax = Math.min(4_000, Math.floor(ANSWERS_CHARACTERS_MAX / Math.max(1, answers.length)));
  const parts = answers.map(([remark, answer]) => {
    const place = remark.path === null ? '' : `${remark.path}${remark.line === null ? '' : `:${remark.line}`}: `;
    return `> ${quietly(`${place}${oneLine(remark.text, 200)}`, 400)}\n\n${quietly(answer.text, charactersMax)}`;
  });
  return [...parts, marker].filter((part) => part !== '').join('\n\n');
}

/** With the remarks' beginnings this stays below the 65,536 characters that GitHub takes. */
const ANSWERS_CHARACTERS_MAX = 50_000;

/** GitHub cuts nothing: it refuses a longer description. */
export function auditStatusText(verdict: AuditVerdict, criteria: readonly Criterion[]): string {
  const met = criteria.filter((one) => one.met).length;
  return `${met} of ${criteria.length} criteria met at ${short(verdict.head)}`;
}

/** What an issue's one comment says of where it stands. */
export interface Progress {
  /** Its first line. */
  readonly headline: string;
  /** All of it that makes the comment be edited. What it has cost is as of that moment. */
  readonly shown: string;
  /** Answers to people that found no place on GitHub. */
  readonly answers: readonly (readonly [Remark, RemarkAnswer])[];
}

export function progressOf(
  facts: IssueCase,
  verdict: Verdict,
  stage: string,
  answers: Progress['answers'] = [],
): Progress {
  const headline = headlineOf(facts, verdict, stage);
  const { attempt } = facts.record;
  const { review, checks } = roundsOf(facts);
  const shown = [attempt, review, checks, facts.audits.length, answers.length, headline].join(':');
  return { headline, answers, shown };
}

function headlineOf(facts: IssueCase, verdict: Verdict, stage: string): string {
  const { record } = facts;
  const pull = record.pullRequest === null ? '' : ` in pull request #${record.pullRequest}`;
  switch (record.phase) {
    case 'parked':
      return `**Parked.** ${quietly(record.reason ?? '', 4_000)}`;
    case 'cancelled':
      return `**Stopped.** ${record.reason ?? ''}`;
    case 'done':
      return `**Done**${pull}. ${record.reason ?? ''}`;
    case 'active':
      break;
  }
  if (stage === 'merge' && verdict.status === 'no') return `**Waiting for you**${pull}. ${verdict.reason}`;
  switch (stage) {
    case 'implement':
    case 'open':
      return `**Working**${pull}.`;
    case 'review':
    case 'checks':
    case 'audit':
      return `**Review and checks**${pull}.`;
    default:
      return `**Merging**${pull}.`;
  }
}

export function progressText(facts: IssueCase, progress: Progress): string {
  const { record } = facts;
  const rounds = roundsOf(facts);
  const lines = [
    progress.headline,
    `Attempt ${record.attempt}, ${rounds.review} review ${rounds.review === 1 ? 'round' : 'rounds'}, ${rounds.checks} CI ${rounds.checks === 1 ? 'round' : 'rounds'}, ${dollars(facts.spentMicroUsd)} of ${dollars(facts.settings.budget.issueMicroUsdMax)}.`,
    auditText(facts),
    ...(progress.answers.length === 0
      ? []
      : ['Answers that found no place on GitHub:', answersText(progress.answers.slice(-ANSWERS_SHOWN_MAX), '')]),
    record.phase === 'done' || record.phase === 'cancelled'
      ? ''
      : 'Steer with a comment: `/stop`, `/resume`, `/retry`, `/approve <sha>`, `/answer …`.',
    `<!-- heartline:progress:${record.issueId} -->`,
  ];
  return lines.filter((line) => line !== '').join('\n\n');
}

/** What the newest audit found, where people wrote the criteria down. */
function auditText(facts: IssueCase): string {
  const verdict = facts.audits.at(-1);
  const result = facts.runs.find((run) => run.id === verdict?.runId)?.result;
  if (verdict === undefined || result?.kind !== 'audit') return '';
  const list = result.criteria
    .slice(0, CRITERIA_SHOWN_MAX)
    .map((one) => `- ${one.met ? 'met' : '**not met**'}: ${quietLine(one.criterion)} (${quietLine(one.evidence)})`);
  return [`Audit: ${auditStatusText(verdict, result.criteria)}.`, ...list].join('\n');
}

const CRITERIA_SHOWN_MAX = 20;
const ANSWERS_SHOWN_MAX = 20;

function quietLine(text: string): string {
  return quietly(oneLine(text, 300), 300);
}

/** Times work was sent back: by findings of a review or an audit, and by red checks. */
export function roundsOf(facts: Pick<IssueCase, 'runs'>): { readonly review: number; readonly checks: number } {
  return {
    review: facts.runs.filter((run) => run.cause.kind === 'findings').length,
    checks: facts.runs.filter((run) => run.cause.kind === 'checks-failed').length,
  };
}

export function mergedReport(facts: IssueCase): string {
  const { record } = facts;
  const rounds = roundsOf(facts);
  return `${record.key} merged: ${oneLine(record.ticket.title, 120)} (pull request #${record.pullRequest}, ${short(record.mergeCommit ?? '')}, ${rounds.review} review and ${rounds.checks} CI rounds, ${dollars(facts.spentMicroUsd)}).`;
}

function oneLine(text: string, charactersMax: number): string {
  const line = text.replace(/\s+/gu, ' ').trim();
  return line.length <= charactersMax ? line : `${line.slice(0, charactersMax - 1)}…`;
}

/** A model's words in public: bounded, no HTML comments (they could forge our markers), no mentions that page people. */
function quietly(text: string, charactersMax: number): string {
  const plain = text
    .replaceAll('<!--', '&lt;!--')
    .replace(/(^|[^\w`])@(?=[\w-])/gu, '$1@\u200b')
    .trim();
  return plain.length <= charactersMax ? plain : `${plain.slice(0, charactersMax - 1)}…`;
}

/** "#1, #2 and #3". */
export function joined(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
