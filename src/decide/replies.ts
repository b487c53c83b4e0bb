/**
 * How agents' answers get back to the people who said something: each in its thread, and one comment for what was said in
 * the conversation. What finds no room in the threads is in that comment too, for each issue may put so many words before
 * people and no more; and what finds none on GitHub at all is shown in the issue's own comment. Nobody goes unanswered.
 */
import type { Action } from '../domain/action.ts';
import type { PullRequest } from '../domain/pull-request.ts';
import type { Remark, RemarkAnswer, Run } from '../domain/run.ts';
import { roomForAnswers } from './content-writes.ts';
import type { EffectStanding } from './effects.ts';
import { caseSubject, effectKey, type IssueCase, standing, workRuns } from './issue-case.ts';
import { answersMarker, answersText, answerText } from './words.ts';

export type Answered = readonly [Remark, RemarkAnswer];

export function replies(facts: IssueCase): readonly Action[] {
  const { pullRequest } = facts;
  return pullRequest === null ? [] : workRuns(facts).flatMap((run) => repliesOf(facts, pullRequest, run));
}

/** Answers that found no place on GitHub. */
export function unposted(facts: IssueCase): readonly Answered[] {
  return workRuns(facts).flatMap((run) =>
    standing(facts, effectKey.reply(facts, run.id)).kind === 'refused'
      ? answersOf(facts, run).filter(([remark]) => apart(facts, remark).kind !== 'done')
      : [],
  );
}

function repliesOf(facts: IssueCase, pullRequest: PullRequest, run: Run): readonly Action[] {
  const answered = answersOf(facts, run);
  const together = standing(facts, effectKey.reply(facts, run.id));
  if (together.kind === 'done') return answered.flatMap((one) => settle(facts, pullRequest, one, together));

  const inThreads = answered.filter(([remark]) => remark.threadId !== null);
  const settled = inThreads.flatMap((one) => settle(facts, pullRequest, one, apart(facts, one[0])));
  // One that was tried may stand there already: it is seen through, and what is given together waits for that.
  const pending = inThreads.filter(([remark]) => isTried(facts, remark));
  const untried = inThreads.filter(([remark]) => apart(facts, remark).kind === 'due' && !isTried(facts, remark));
  const fits = untried.length < roomForAnswers(caseSubject(facts), facts.effects);
  const alone = fits ? [...pending, ...untried] : pending;
  if (alone.length > 0) return [...alone.flatMap((one) => inThread(facts, pullRequest, one)), ...settled];
  const rest = answered.filter(([remark]) => remark.threadId === null || apart(facts, remark).kind !== 'done');
  if (rest.length === 0 || together.kind !== 'due') return settled;
  const { repository, number } = pullRequest;
  const marker = answersMarker(`${facts.record.issueId}:${run.id}`);
  const body = answersText(rest, marker);
  const { key } = together;
  const words = { repository, number, threadId: null, body, marker, subject: caseSubject(facts), reason: REASON };
  return [...settled, { kind: 'reply', key, ...words }];
}

const REASON = 'An agent answered what people said.';

/** The answer in the remark's own thread. */
function apart(facts: IssueCase, remark: Remark): EffectStanding {
  return standing(facts, effectKey.reply(facts, remark.id));
}

function isTried(facts: IssueCase, remark: Remark): boolean {
  const reply = apart(facts, remark);
  return reply.kind === 'waiting' || (reply.kind === 'due' && facts.effects.has(reply.key));
}

function inThread(
  facts: IssueCase,
  { repository, number }: PullRequest,
  [remark, answer]: Answered,
): readonly Action[] {
  const reply = apart(facts, remark);
  if (reply.kind !== 'due') return [];
  const { threadId } = remark;
  const marker = answersMarker(remark.id);
  const body = answerText(answer, marker);
  const subject = caseSubject(facts);
  return [{ kind: 'reply', key: reply.key, repository, number, threadId, body, marker, subject, reason: REASON }];
}

/** A thread is resolved only where the work was changed as asked; where it was not, the person has the last word. */
function settle(
  facts: IssueCase,
  { repository, number, threads }: PullRequest,
  [{ threadId }, answer]: Answered,
  reply: EffectStanding,
): readonly Action[] {
  if (threadId === null) return [];
  const resolve = standing(facts, effectKey.resolve(facts, threadId));
  const open = threads.some((thread) => thread.id === threadId && !thread.resolved);
  const subject = caseSubject(facts);
  return reply.kind === 'done' && answer.changed && open && resolve.kind === 'due'
    ? [{ kind: 'resolve-thread', key: resolve.key, repository, number, threadId, subject, reason: REASON }]
    : [];
}

function answersOf(facts: IssueCase, run: Run): readonly Answered[] {
  const answers = run.result?.kind === 'work' ? (run.result.answers ?? []) : [];
  return remarksOf(run, facts.runs).flatMap((remark): readonly Answered[] => {
    const answer = answers.find((one) => one.id === remark.id);
    return answer === undefined ? [] : [[remark, answer]];
  });
}

/** What a run was started to answer; one that goes on for another that did not come to its end answers the same. */
function remarksOf(run: Run, runs: readonly Run[]): readonly Remark[] {
  const { cause } = run;
  if (cause.kind === 'remarks') return cause.remarks;
  const before = earlier(run, runs);
  return before === undefined ? [] : remarksOf(before, runs);
}

function earlier(run: Run, runs: readonly Run[]): Run | undefined {
  const { cause } = run;
  const older = runs.slice(0, runs.indexOf(run));
  if (cause.kind === 'crashed') return older.find((one) => one.id === cause.runId);
  if (cause.kind !== 'answer') return undefined;
  // A person's answer goes to what the session was doing, unless that was done.
  const last = older.findLast((one) => one.sessionId === run.sessionId);
  return last?.state === 'succeeded' ? undefined : last;
}
