/** The work that each of the many sessions is given, as rows, as files, and as what its agent does. */
import type { IssueRecord } from '../../src/domain/issue-record.ts';
import type { Run } from '../../src/domain/run.ts';
import { BASE_BRANCH, REPOSITORY } from '../../test/world/start-world.ts';

const PROSE = 'The total is wrong as soon as a cart holds the same item twice, and nobody noticed before the sale. ';
const OUTPUT_CHARACTERS = 4_000;
const STEP_CHARACTERS = 500;

/** What the agents look at: enough for a page of its own at every turn. */
const NOTES: string = Array.from({ length: 1_000 }, (_, line) => `${line}: ${PROSE}`).join('\n');

export const FILES: Readonly<Record<string, string>> = {
  'AGENTS.md': `${PROSE.repeat(10)}\n`,
  'README.md': '# Cart\n',
  'notes.txt': NOTES,
};

/** Shows about as much as a test run or a listing does, another part each time. */
export function lookAt(turn: number): string {
  return `tail -c +${1 + turn * STEP_CHARACTERS} notes.txt | head -c ${OUTPUT_CHARACTERS}`;
}

/** What such a look shows, for a room that runs nothing. */
export function outputOf(command: string): string {
  const from = Number(/^tail -c \+(\d+) /.exec(command)?.[1] ?? 1) - 1;
  return NOTES.slice(from, from + OUTPUT_CHARACTERS);
}

export function ticketRecord(number: number, at: number): Omit<IssueRecord, 'generation' | 'updatedAt'> {
  return {
    issueId: `issue-${number}`,
    key: `ENG-${number}`,
    project: 'cart',
    repository: REPOSITORY,
    baseBranch: BASE_BRANCH,
    attempt: 1,
    phase: 'active',
    reason: null,
    ticket: { title: `Part ${number} of the cart`, description: PROSE.repeat(8), url: '', comments: [] },
    claimedAt: at,
    claimedBy: { kind: 'person', id: 'ada', name: 'Ada', email: 'ada@example.com' },
    claimedMove: `move-${number}`,
    movedAt: at,
    branch: `heartline/eng-${number}-1`,
    head: null,
    pullRequest: null,
    mergeCommit: null,
    mergeVerified: false,
    approvals: [],
    roundsFrom: at,
    resumedAt: at,
    stoppedAt: 0,
    revertOf: null,
  };
}

export function ticketRun(number: number, at: number): Parameters<CreateRun>[0] {
  return {
    id: `run-${number}`,
    subject: { kind: 'issue', issueId: `issue-${number}` },
    issueKey: `ENG-${number}`,
    repository: REPOSITORY,
    role: 'dev',
    cause: { kind: 'implement' },
    attempt: 1,
    sessionId: sessionOf(`ENG-${number}`),
    createdAt: at,
  };
}

type CreateRun = (run: Omit<Run, 'endedAt' | 'endReason' | 'result' | 'state' | 'model'>) => void;

export function sessionOf(issueKey: string): string {
  return `session-${issueKey}`;
}
