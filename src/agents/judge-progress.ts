/** Whether a run still moves: decided from its messages alone, so a restart forgets no warning and no count. */
import type { TranscriptMessage } from '../domain/transcript.ts';
import { REFUSED_CALL } from './tools/tool.ts';
import { INTERRUPTED } from './transcript.ts';

export type Progress =
  | { readonly kind: 'moving' }
  /** The last reply called nothing. */
  | { readonly kind: 'silent' }
  /** Goes to the agent as a user message. */
  | { readonly kind: 'remind'; readonly text: string }
  | { readonly kind: 'stopped'; readonly state: 'stalled' | 'failed'; readonly reason: string };

const REFUSED_REPLIES_MAX = 5;

const REPETITION_WARNING =
  'You are repeating the same calls. They will not come out differently. Try another way, or call finish; another repetition ends the run.';

/** Looks at the messages of one run, which end with an assistant message without calls, or with tool results. */
export function judgeProgress(own: readonly TranscriptMessage[]): Progress {
  const last = own.at(-1);
  if (last?.kind === 'assistant' && last.calls.length === 0) return { kind: 'silent' };
  if (last?.kind !== 'tool-results') return MOVING;
  const refused = trailing(own, 'tool-results', (message) =>
    message.results.every((result) => result.isError && result.text.includes(REFUSED_CALL)),
  );
  if (refused >= REFUSED_REPLIES_MAX) {
    const reason = `The agent made ${refused} calls in a row that no tool could take.`;
    return { kind: 'stopped', state: 'failed', reason };
  }
  if (!repeats(own)) return MOVING;
  if (own.some((message) => message.kind === 'user' && message.text === REPETITION_WARNING)) {
    const reason = 'The agent kept repeating the same calls after it was warned.';
    return { kind: 'stopped', state: 'stalled', reason };
  }
  return { kind: 'remind', text: REPETITION_WARNING };
}

const MOVING: Progress = { kind: 'moving' };

/** How many of the newest messages of a kind pass, counted back to the first that does not. */
function trailing<Kind extends TranscriptMessage['kind']>(
  own: readonly TranscriptMessage[],
  kind: Kind,
  passes: (message: Extract<TranscriptMessage, { readonly kind: Kind }>) => boolean,
): number {
  const ofKind = own.filter((message): message is Extract<TranscriptMessage, { kind: Kind }> => message.kind === kind);
  const fault = ofKind.findLastIndex((message) => !passes(message));
  return ofKind.length - 1 - fault;
}

/** A, A, A or A, B, A, B: the second is the one that counting equal neighbours misses. */
function repeats(own: readonly TranscriptMessage[]): boolean {
  const [d, c, b, a] = own.flatMap(triedCalls).slice(-4).reverse();
  if (d === undefined || c === undefined || b === undefined) return false;
  return (d === c && c === b) || (a !== undefined && d === b && c === a);
}

/** The fingerprint of a reply's calls. What the bot's own death cut off was not tried, so trying it again is no loop. */
function triedCalls(message: TranscriptMessage, index: number, own: readonly TranscriptMessage[]): readonly string[] {
  if (message.kind !== 'assistant') return [];
  const next = own[index + 1];
  const interrupted = next?.kind === 'tool-results' && next.results.every((result) => result.text === INTERRUPTED);
  return interrupted ? [] : [fingerprint(message.calls)];
}

function fingerprint(calls: readonly { readonly name: string; readonly input: unknown }[]): string {
  return JSON.stringify(calls.map((call) => [call.name, call.input]));
}
