/** One call of a model: reserved at its worst before it leaves, settled after, whatever came of it. Never tried twice here. */
import { costOf, promptTokensMax, worstCase } from '../decide/budget.ts';
import { OutsideError } from '../domain/outside-error.ts';
import type { Price, ToolSpec, TranscriptMessage, Usage } from '../domain/transcript.ts';
import type { ModelReply } from '../heartbeat/ports.ts';
import type { Loop } from './limit-reached.ts';
import { type ModelCall, noteModelCall } from './note-calls.ts';
import { CannotRun, endAs, type RunEnd } from './session-options.ts';

export interface PaidCall {
  readonly model: string;
  readonly price: Price;
  readonly system: string;
  readonly tools: readonly ToolSpec[];
  readonly messages: readonly TranscriptMessage[];
  /** Of the prompt: what the model has counted already, and the bytes that nobody has. */
  readonly bound: { readonly countedTokens: number; readonly uncountedBytes: number };
  /** A few words for the board. */
  readonly doing: string;
}

export type Paid =
  | { readonly kind: 'replied'; readonly reply: ModelReply }
  | { readonly kind: 'end'; readonly end: RunEnd }
  | { readonly kind: 'failed'; readonly error: OutsideError };

/** `keep` gets the reply before it is settled: a reply that was paid for is kept even when we are told to stop just then. */
export async function paidCall(loop: Loop, call: PaidCall, keep: (reply: ModelReply) => Promise<void>): Promise<Paid> {
  const { session, task } = loop;
  const { journal, run, signal } = session;
  const { model, price, system, tools, messages } = call;
  const { outputTokensMax } = task.role;
  const worst = worstCase(price, promptTokensMax(call.bound), outputTokensMax);
  const issueId = run.subject.kind === 'issue' ? run.subject.issueId : null;
  const reserved = await journal.reserve({ runId: run.id, issueId, microUsd: worst, caps: capsOf(loop) });
  // An allowance is used up: only a person's word may spend more.
  if (!reserved.ok) return { kind: 'end', end: endAs('awaiting-human', reserved.reason) };
  session.live.doing = call.doing;
  session.live.worstMicroUsd = worst;
  let billable = false;
  const began = session.now();
  const settle = async (microUsd: number, usage: Usage, said: Pick<ModelCall, 'calls' | 'failure'>) => {
    const durationMs = session.now() - began;
    await Promise.all([
      journal.settle(reserved.reservationId, { microUsd, usage, model }),
      noteModelCall(session, { model, usage, microUsd, durationMs, ...said }),
    ]);
    session.live.microUsd += microUsd;
  };
  let reply: ModelReply;
  try {
    const cacheKey = run.sessionId;
    const onBillable = () => {
      billable = true;
    };
    reply = await session.models.call({
      model,
      system,
      tools,
      messages,
      outputTokensMax,
      cacheKey,
      signal,
      onBillable,
    });
  } catch (error) {
    // A call that we cut off was sent, and may be billed although no byte of an answer came.
    const failure = signal.aborted ? 'cut off' : error instanceof OutsideError ? error.kind : 'broken';
    await settle(billable || signal.aborted ? worst : 0, NO_USAGE, { calls: null, failure });
    signal.throwIfAborted();
    if (error instanceof OutsideError) return { kind: 'failed', error };
    throw error;
  }
  try {
    await keep(reply);
  } finally {
    const calls = reply.calls.map(({ name }) => name);
    await settle(costOf(price, reply.usage), reply.usage, { calls, failure: null });
  }
  return { kind: 'replied', reply };
}

const NO_USAGE: Usage = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0 };

/** Read anew for each call: a person may have changed the settings while the session runs. */
export function capsOf({ session }: Pick<Loop, 'session'>): {
  readonly run: number;
  readonly issue: number;
  readonly day: number;
} {
  const { roles, budget } = session.settings();
  const role = roles[session.run.role];
  if (role === undefined) throw new CannotRun(`The role ${session.run.role} is no longer configured.`);
  return { run: role.runMicroUsdMax, issue: budget.issueMicroUsdMax, day: budget.dayMicroUsdMax };
}
