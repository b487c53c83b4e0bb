/**
 * One reply of a model, into the transcript. The only place that retries: a model that is away is waited for, then the
 * next of the chain goes on from the same transcript. Every try is reserved before it leaves and settled after.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { costOf, promptTokensMax, worstCase } from '../decide/budget.ts';
import { OutsideError } from '../domain/outside-error.ts';
import type { Price, ToolSpec, TranscriptMessage, Usage } from '../domain/transcript.ts';
import type { ModelReply } from '../heartbeat/ports.ts';
import { type Loop, limitReached } from './limit-reached.ts';
import { CannotRun, endAs, type RunEnd } from './session-options.ts';

/** Waits between tries on one model; a provider that asks for longer is obeyed. */
const BACKOFF_MS: readonly number[] = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000];
/** A provider that asks for more than this is left for the next model of the chain. */
const RETRY_AFTER_MS_MAX = 5 * 60_000;

/** Null when the reply is in the transcript. */
export async function askModel(loop: Loop, tools: readonly ToolSpec[]): Promise<RunEnd | null> {
  const { session, task } = loop;
  const reasons: string[] = [];
  for (const model of chainFrom(loop)) {
    const trouble = session.models.trouble(model);
    const price = session.models.price(model);
    if (trouble !== null || price === null) {
      reasons.push(trouble ?? `no price for ${model}`);
      continue;
    }
    const outcome = await askOne(loop, tools, model, price);
    if (outcome.kind === 'end') return outcome.end;
    if (outcome.kind === 'replied') return null;
    session.log.warn({ run: session.run.id, model, reason: outcome.reason }, 'model given up');
    reasons.push(outcome.reason);
  }
  return endAs('failed', `No model of the chain of ${task.prompt.role} answered: ${reasons.join('; ')}.`);
}

/** A model that answered is kept for the rest of the run: going back would pay for a cold cache twice. */
function chainFrom({ task, transcript }: Loop): readonly string[] {
  const { chain } = task.role;
  const last = transcript.own.findLast((message) => message.kind === 'assistant');
  const at = last === undefined ? -1 : chain.indexOf(last.model);
  return at < 0 ? chain : chain.slice(at);
}

type Outcome =
  | { readonly kind: 'replied' }
  | { readonly kind: 'end'; readonly end: RunEnd }
  | { readonly kind: 'given-up'; readonly reason: string };

async function askOne(loop: Loop, tools: readonly ToolSpec[], model: string, price: Price): Promise<Outcome> {
  const { session } = loop;
  for (let attempt = 0; ; attempt += 1) {
    const tried = await tryOnce(loop, tools, model, price);
    if (tried.kind !== 'failed') return tried;
    const { error } = tried;
    const backoff = BACKOFF_MS[attempt];
    const waitMs = Math.max(backoff ?? 0, error.retryAfterMs ?? 0);
    if (!error.transient || backoff === undefined || waitMs > RETRY_AFTER_MS_MAX) {
      return { kind: 'given-up', reason: error.message };
    }
    session.live.doing = `waiting ${Math.ceil(waitMs / 1_000)} s for ${model}: ${error.kind}`;
    session.log.warn({ run: session.run.id, model, attempt, waitMs, trouble: error.kind }, 'model call failed');
    await (session.wait ?? wait)(waitMs, session.signal);
    session.signal.throwIfAborted();
    const end = limitReached(loop);
    if (end !== null) return { kind: 'end', end };
  }
}

async function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal });
}

type Try = Exclude<Outcome, { kind: 'given-up' }> | { readonly kind: 'failed'; readonly error: OutsideError };

async function tryOnce(loop: Loop, tools: readonly ToolSpec[], model: string, price: Price): Promise<Try> {
  const { session, task, transcript } = loop;
  const { journal, run, signal } = session;
  const worst = worstCase(price, promptBound(loop, tools, model), task.role.outputTokensMax);
  const reserved = await journal.reserve({
    runId: run.id,
    issueId: issueOf(loop),
    microUsd: worst,
    caps: capsOf(loop),
  });
  // An allowance is used up: only a person's word may spend more.
  if (!reserved.ok) return { kind: 'end', end: endAs('awaiting-human', reserved.reason) };
  session.live.doing = `thinking (${model.slice(model.indexOf('/') + 1)})`;
  let billable = false;
  const settle = async (microUsd: number, usage: Usage) => {
    await journal.settle(reserved.reservationId, { microUsd, usage, model });
    session.live.microUsd += microUsd;
  };
  let reply: ModelReply;
  try {
    reply = await session.models.call({
      model,
      system: task.prompt.system,
      tools,
      messages: transcript.all,
      outputTokensMax: task.role.outputTokensMax,
      cacheKey: run.sessionId,
      signal,
      onBillable: () => {
        billable = true;
      },
    });
  } catch (error) {
    // A call that we cut off was sent, and may be billed although no byte of an answer came.
    await settle(billable || signal.aborted ? worst : 0, NO_USAGE);
    signal.throwIfAborted();
    if (error instanceof OutsideError) return { kind: 'failed', error };
    throw error;
  }
  // Told to stop at this very moment: a reply that was paid for is still kept.
  const { text, calls, opaque, usage } = reply;
  try {
    await transcript.append({ kind: 'assistant', text, calls, opaque, usage, model });
  } finally {
    await settle(costOf(price, usage), usage);
  }
  loop.onModel(model);
  session.live.turns += 1;
  session.log.info({ run: run.id, model, usage, calls: calls.map((call) => call.name) }, 'model call');
  return { kind: 'replied' };
}

const NO_USAGE: Usage = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0 };

function issueOf({ session }: Loop): string | null {
  return session.run.subject.kind === 'issue' ? session.run.subject.issueId : null;
}

/** Read anew for each call: a person may have changed the settings while the session runs. */
function capsOf({ session }: Loop): { readonly run: number; readonly issue: number; readonly day: number } {
  const { roles, budget } = session.settings();
  const role = roles[session.run.role];
  if (role === undefined) throw new CannotRun(`The role ${session.run.role} is no longer configured.`);
  return { run: role.runMicroUsdMax, issue: budget.issueMicroUsdMax, day: budget.dayMicroUsdMax };
}

function promptBound({ task, transcript }: Loop, tools: readonly ToolSpec[], model: string): number {
  const { all } = transcript;
  const at = all.findLastIndex((message) => message.kind === 'assistant' && message.model === model);
  const counted = all[at];
  if (counted?.kind !== 'assistant') {
    return promptTokensMax({ countedTokens: 0, uncountedBytes: bytesOf([task.prompt.system, tools, all]) });
  }
  const { input, cacheRead, cacheWrite, output } = counted.usage;
  return promptTokensMax({
    countedTokens: input + cacheRead + cacheWrite + output,
    uncountedBytes: bytesOf(all.slice(at + 1)),
  });
}

function bytesOf(value: readonly (TranscriptMessage | unknown)[]): number {
  return Buffer.byteLength(JSON.stringify(value));
}
