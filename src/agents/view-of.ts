/**
 * What of a transcript is sent to a model: all of it, until a compaction says otherwise. A pure function of the rows, so
 * what was sent once is the beginning of whatever is sent later, byte for byte, but for the one step of a compaction.
 */
import type { Compaction, TranscriptEntry, TranscriptMessage } from '../domain/transcript.ts';

export interface View {
  readonly messages: readonly TranscriptMessage[];
  /** Where in `messages` begins what came after the newest compaction: no provider has counted the prompt before it. */
  readonly freshFrom: number;
}

export function viewOf(entries: readonly TranscriptEntry[]): View {
  const spoken = entries.filter(isSpoken);
  const compactions = entries.filter(isCompaction);
  const newest = entries.findLastIndex(isCompaction);
  const summed = compactions.findLast((one) => one.summary !== null) ?? null;
  const from = summed?.before ?? 0;
  const blankBefore = Math.max(0, ...compactions.map((one) => (one.summary === null ? one.before : 0)));
  const head = summed === null ? [] : [beginning(spoken.slice(0, from), summed.summary ?? '')];
  const rest = spoken.slice(from).map((message, index) => (from + index < blankBefore ? blanked(message) : message));
  const before = entries.slice(0, newest + 1).filter(isSpoken).length;
  return {
    messages: [...head, ...rest],
    freshFrom: newest < 0 ? 0 : head.length + Math.max(0, before - from),
  };
}

export function isSpoken(entry: TranscriptEntry): entry is TranscriptMessage {
  return entry.kind !== 'compaction';
}

export function isCompaction(entry: TranscriptEntry): entry is Compaction {
  return entry.kind === 'compaction';
}

/** What people and the ticket said stays word for word; only the agent's own doings are told by the summary. */
function beginning(messages: readonly TranscriptMessage[], summary: string): TranscriptMessage {
  const words = messages.flatMap((message) => (message.kind === 'user' ? [message.text] : []));
  return { kind: 'user', text: [...words, `${SUMMARY_OPENING}\n\n${summary}`].join('\n\n') };
}

const SUMMARY_OPENING = 'What you did so far, summed up to save room:';

function blanked(message: TranscriptMessage): TranscriptMessage {
  if (message.kind !== 'tool-results') return message;
  return { kind: 'tool-results', results: message.results.map((one) => ({ ...one, text: blankedText(one.text) })) };
}

/** Also asked for how much a compaction would save. */
export function blankedText(text: string): string {
  return text.length <= KEPT_CHARACTERS_MAX ? text : BLANK;
}

const KEPT_CHARACTERS_MAX = 200;
const BLANK = '[output left out to save room: run it again if it matters]';
