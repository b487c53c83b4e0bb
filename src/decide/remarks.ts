/** People's words on our pull requests: which of them no agent was told yet. */
import { type Command, parseCommand } from '../domain/command.ts';
import type { PullRequest } from '../domain/pull-request.ts';
import type { Remark, Run } from '../domain/run.ts';
import type { Person } from '../domain/settings.ts';

const REMARK_CHARACTERS_MAX = 4_000;
/** One run is told this many at most; the rest come with the next. */
const REMARKS_MAX = 20;

export interface RemarkFacts {
  readonly pullRequest: PullRequest | null;
  readonly people: readonly Person[];
  /** Open commands on this pull request, oldest first. */
  readonly commands: readonly Command[];
  readonly runs: readonly Run[];
  /** Ids of threads that we resolved. */
  readonly settled: ReadonlySet<string>;
}

/**
 * Words of people on the list that no run was started for, oldest first: threads, then the conversation. A thread that a
 * person resolved is closed; one that we resolved is not, for whoever answers there does not reopen it.
 */
export function untold({ pullRequest, people, commands, runs, settled }: RemarkFacts): readonly Remark[] {
  if (pullRequest === null || pullRequest.state !== 'open') return [];
  const told = new Set(
    runs.flatMap((run) => (run.cause.kind === 'remarks' ? run.cause.remarks.map((remark) => remark.id) : [])),
  );
  const logins = new Set(people.flatMap((person) => (person.github === null ? [] : [person.github.toLowerCase()])));
  const threads = pullRequest.threads
    .filter((thread) => !thread.resolved || settled.has(thread.id))
    .flatMap((thread) =>
      thread.comments
        // A marker is ours, whoever's name it carries: one identity may be the bot's and a person's.
        .filter((one) => one.byPerson && logins.has(one.author.toLowerCase()) && !one.body.includes('<!-- heartline:'))
        // An order is carried out, not answered.
        .filter((one) => parseCommand(one.body) === null)
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
