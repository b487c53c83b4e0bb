/** One session's transcript: read once, appended to through the journal, never changed. What a resumed run goes on from. */
import type { Compaction, ToolResult, TranscriptEntry, TranscriptMessage } from '../domain/transcript.ts';
import type { Journal } from '../heartbeat/journal.ts';
import { isCompaction, isSpoken, type View, viewOf } from './view-of.ts';

export interface Transcript {
  /** All messages of the session, of earlier runs too; where it was compacted is not among them. */
  readonly all: readonly TranscriptMessage[];
  /** Those that this run added. */
  readonly own: readonly TranscriptMessage[];
  readonly compactions: readonly Compaction[];
  has(runId: string): boolean;
  /** Run ids in order of their first message. */
  readonly runIds: readonly string[];
  /** What is sent to a model. */
  view(): View;
  append(message: TranscriptEntry): Promise<void>;
}

export async function openTranscript(
  journal: Pick<Journal, 'messages' | 'appendMessage'>,
  sessionId: string,
  runId: string,
): Promise<Transcript> {
  const entries = [...(await journal.messages(sessionId))];
  return {
    get all() {
      return entries.map((entry) => entry.message).filter(isSpoken);
    },
    get own() {
      return entries
        .filter((entry) => entry.runId === runId)
        .map((entry) => entry.message)
        .filter(isSpoken);
    },
    get compactions() {
      return entries.map((entry) => entry.message).filter(isCompaction);
    },
    // The opening words make a run begun; closing what an earlier run left open does not.
    has: (id) => entries.some((entry) => entry.runId === id && entry.message.kind === 'user'),
    get runIds() {
      return [...new Set(entries.map((entry) => entry.runId))];
    },
    view: () => viewOf(entries.map((entry) => entry.message)),
    append: async (message) => {
      await journal.appendMessage(sessionId, runId, entries.length, message);
      entries.push({ runId, message });
    },
  };
}

export type AssistantMessage = Extract<TranscriptMessage, { readonly kind: 'assistant' }>;

/** The calls that were asked for and have no result yet: every provider refuses a history that leaves one open. */
export function openCalls(transcript: Transcript): AssistantMessage['calls'] {
  const last = transcript.all.at(-1);
  return last?.kind === 'assistant' ? last.calls : [];
}

export function closedWith(calls: AssistantMessage['calls'], text: (name: string) => string): TranscriptMessage {
  const results = calls.map(
    (call): ToolResult => ({ callId: call.id, name: call.name, text: text(call.name), isError: true }),
  );
  return { kind: 'tool-results', results };
}

export const INTERRUPTED =
  'interrupted: the bot was restarted; this may or may not have happened, look before repeating';
