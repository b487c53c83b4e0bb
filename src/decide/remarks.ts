/** People's words on our pull requests: which of them no agent was told yet, and how the agents' answers get back to them. */
import type { Action } from '../domain/action.ts';
import type { Command } from '../domain/command.ts';
import type { PullRequest } from '../domain/pull-request.ts';
import type { Remark, RemarkAnswer, Run } from '../domain/run.ts';
import type { Person } from '../domain/settings.ts';
import { caseSubject, effectKey, type IssueCase, standing, workRuns } from './issue-case.ts';
import { answersMarker, answersText, answerText } from './words.ts';

const REMARK_CHARACTERS_MAX = 4_000;
/** One run is told this many at most; the rest come with the next. */
const REMARKS_MAX = 20;

export interface RemarkFacts {
  readonly pullRequest: PullRequest | null;
  readonly people: readonly Person[];
  /** Open commands on this pull request, oldest first. */
  readonly commands: readonly Command[];
  readonly runs: readonly Run[];
}

/** Words of people on the list that no run was started for, oldest first: threads still open, then the conversation. */
export function untold({ pullRequest, people, commands, runs }: RemarkFacts): readonly Remark[] {
  if (pullRequest === null || pullRequest.state !== 'open') return [];
  const told = new Set(
    runs.flatMap((run) => (run.cause.kind === 'remarks' ? run.cause.remarks.map((remark) => remark.id) : [])),
  );
  const logins = new Set(people.flatMap((person) => (person.github === null ? [] : [person.github.toLowerCase()])));
  const threads = pullRequest.threads
    .filter((thread) => !thread.resolved)
    .flatMap((thread) =>
      thread.comments
        // A marker is ours, whoever's name it carries: one identity may be the bot's and a person's.
        .filter((one) => one.byPerson && logins.has(one.author.toLowerCase()) && !one.body.includes('<!-- heartline:'))
        .map(
          (one): Remark => ({
            id: one.id,
            threadId: thread.id,
            by: one.author,
            path: thread.path,
            line: thread.line,
            text: one.body.slice(0, REMARK_CHARACTERS_MAX),
          }),
        ),
    );
  const conversation = commands.flatMap(({ commentId, by, verb }): readonly Remark[] =>
    verb.kind === 'remark'
      ? [{ id: commentId, threadId: null, by, path: null, line: null, text: verb.text.slice(0, REMARK_CHARACTERS_MAX) }]
      : [],
  );
  return [...threads, ...conversation].filter((remark) => !told.has(remark.id)).slice(0, REMARKS_MAX);
}

/**
 * Each answer in its thread, and one comment for what was said in the conversation. A thread is resolved only where the
 * work was changed as asked; where it was not, the person has the last word.
 */
export function replies(facts: IssueCase): readonly Action[] {
  const { pullRequest, record } = facts;
  if (pullRequest === null) return [];
  const { repository, number } = pullRequest;
  const subject = caseSubject(facts);
  const reason = 'An agent answered what people said.';
  return workRuns(facts).flatMap((run): readonly Action[] => {
    const answers = run.result?.kind === 'work' ? (run.result.answers ?? []) : [];
    const remarks = remarksOf(run, facts.runs);
    const loose = remarks.filter((remark) => remark.threadId === null);
    const inThreads = remarks.flatMap((remark): readonly Action[] => {
      const answer = answers.find((one) => one.id === remark.id);
      if (answer === undefined || remark.threadId === null) return [];
      const { threadId } = remark;
      const reply = standing(facts, effectKey.reply(facts, remark.id));
      if (reply.kind === 'due') {
        const marker = answersMarker(remark.id);
        const body = answerText(answer, marker);
        return [{ kind: 'reply', key: reply.key, repository, number, threadId, body, marker, subject, reason }];
      }
      const resolve = standing(facts, effectKey.resolve(facts, threadId));
      const open = pullRequest.threads.some((thread) => thread.id === threadId && !thread.resolved);
      return reply.kind === 'done' && answer.changed && open && resolve.kind === 'due'
        ? [{ kind: 'resolve-thread', key: resolve.key, repository, number, threadId, subject, reason }]
        : [];
    });
    const together = loose.flatMap((remark): readonly (readonly [Remark, RemarkAnswer])[] => {
      const answer = answers.find((one) => one.id === remark.id);
      return answer === undefined ? [] : [[remark, answer]];
    });
    const reply = standing(facts, effectKey.reply(facts, run.id));
    if (together.length === 0 || reply.kind !== 'due') return inThreads;
    const marker = answersMarker(`${record.issueId}:${run.id}`);
    const body = answersText(together, marker);
    return [
      ...inThreads,
      { kind: 'reply', key: reply.key, repository, number, threadId: null, body, marker, subject, reason },
    ];
  });
}

/** What a run was started to answer; one that goes on for another that ended badly answers the same. */
function remarksOf(run: Run, runs: readonly Run[]): readonly Remark[] {
  const { cause } = run;
  if (cause.kind === 'remarks') return cause.remarks;
  if (cause.kind !== 'crashed') return [];
  const before = runs.find((one) => one.id === cause.runId);
  return before === undefined || before === run || before.createdAt > run.createdAt ? [] : remarksOf(before, runs);
}
