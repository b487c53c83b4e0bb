/** Rows to write in the store's tests: complete and plausible, with what a test is about laid over. */
import type { IssueRecord } from '../../src/domain/issue-record.ts';
import type { Run } from '../../src/domain/run.ts';
import type { TranscriptMessage } from '../../src/domain/transcript.ts';
import type { ReviewVerdict } from '../../src/domain/verdict.ts';

export const NOON = Date.UTC(2026, 5, 15, 12);
export const DAY_MS = 24 * 60 * 60 * 1000;

export type NewRecord = Omit<IssueRecord, 'generation' | 'updatedAt'>;
export type NewRun = Omit<Run, 'endedAt' | 'endReason' | 'result' | 'state' | 'model'>;

export function sampleRecord(over: Partial<NewRecord> = {}): NewRecord {
  return {
    issueId: 'issue-1',
    key: 'ENG-1',
    project: 'Shop',
    repository: 'acme/shop',
    baseBranch: 'main',
    attempt: 1,
    phase: 'active',
    reason: null,
    ticket: {
      title: 'Round prices "up" \u0000 \u{1F4B6}',
      description: 'Line one\nline two',
      url: 'https://linear.app/acme/issue/ENG-1',
      comments: [{ author: 'Ada', body: 'please', at: NOON - 5 }],
    },
    claimedAt: NOON,
    claimedBy: { kind: 'person', id: 'user-1', name: 'Ada', email: null },
    claimedMove: 'history-1',
    movedAt: NOON - 10,
    branch: 'heartline/eng-1',
    head: null,
    pullRequest: null,
    mergeCommit: null,
    mergeVerified: false,
    approvals: [],
    revertOf: null,
    roundsFrom: NOON,
    resumedAt: NOON,
    stoppedAt: 0,
    ...over,
  };
}

export function sampleRun(over: Partial<NewRun> = {}): NewRun {
  return {
    id: 'run-1',
    subject: { kind: 'issue', issueId: 'issue-1' },
    issueKey: 'ENG-1',
    repository: 'acme/shop',
    role: 'dev',
    cause: { kind: 'implement' },
    attempt: 1,
    sessionId: 'session-1',
    createdAt: NOON,
    ...over,
  };
}

export function sampleVerdict(over: Partial<ReviewVerdict> = {}): ReviewVerdict {
  return {
    id: 'verdict-1',
    runId: 'run-1',
    repository: 'acme/shop',
    number: 7,
    decision: 'approve',
    head: 'h'.repeat(40),
    base: 'b'.repeat(40),
    digest: 'd'.repeat(64),
    at: NOON,
    reboundFrom: null,
    ...over,
  };
}

export const SAMPLE_USAGE = { input: 10, cacheRead: 20, cacheWrite: 30, output: 40 };

/** One message of every kind. */
export const SAMPLE_MESSAGES: readonly TranscriptMessage[] = [
  { kind: 'user', text: 'Do it.' },
  {
    kind: 'assistant',
    text: '',
    calls: [{ id: 'call-1', name: 'bash', input: { command: 'printf "\\u0000"', nested: [1, null, { a: '\u0000' }] } }],
    opaque: { provider: 'anthropic', blocks: [{ type: 'thinking', signature: 'x' }] },
    usage: SAMPLE_USAGE,
    model: 'anthropic/claude',
  },
  { kind: 'tool-results', results: [{ callId: 'call-1', name: 'bash', text: '\u0000', isError: false }] },
  { kind: 'assistant', text: 'Done.', calls: [], opaque: null, usage: SAMPLE_USAGE, model: 'local/coder' },
];
