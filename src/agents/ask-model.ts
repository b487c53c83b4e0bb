/**
 * One reply of a model, into the transcript. The only place that retries: a model that is away is waited for, then the
 * next of the chain goes on from the same transcript.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ContextOverflow } from '../domain/context-overflow.ts';
import { OutsideError } from '../domain/outside-error.ts';
import { CONTEXT_FIX, servesLess } from '../domain/served-context.ts';
import type { Price, ToolSpec } from '../domain/transcript.ts';
import { compact } from './compact.ts';
import { type Loop, limitReached } from './limit-reached.ts';
import { chainFrom, type GivenUp, nobodyAnswered, tellOfChange } from './model-chain.ts';
import { type Paid, paidCall } from './paid-call.ts';
import { promptSize } from './prompt-size.ts';
import { servedLess } from './served-less.ts';
import type { RunEnd } from './session-options.ts';

/** Waits between tries on one model; a provider that asks for longer is obeyed. */
const BACKOFF_MS: readonly number[] = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000];
/** A provider that asks for more than this is left for the next model of the chain. */
const RETRY_AFTER_MS_MAX = 5 * 60_000;
/** How often a prompt is made shorter because its model refused it. */
const OVERFLOWS_MAX = 3;

/** Null when the reply is in the transcript. */
export async function askModel(loop: Loop, tools: readonly ToolSpec[]): Promise<RunEnd | null> {
  const { session } = loop;
  const givenUp: GivenUp[] = [];
  for (const model of chainFrom(loop)) {
    const trouble = session.models.trouble(model);
    const price = session.models.price(model);
    if (trouble !== null || price === null) {
      givenUp.push({ kind: 'given-up', model, reason: trouble ?? `no price for ${model}`, error: null });
      continue;
    }
    const less = servesLess(await session.models.servedTokens(model), session.models.contextTokens(model));
    const outcome = less === null ? await askOne(loop, tools, model, price) : tooShort(model, less);
    if (outcome.kind === 'end') return outcome.end;
    if (outcome.kind === 'replied') {
      await tellOfChange(loop, model, givenUp);
      return null;
    }
    session.log.warn({ run: session.run.id, model, reason: outcome.reason }, 'model given up');
    givenUp.push(outcome);
  }
  return nobodyAnswered(session.run.role, givenUp);
}

type Outcome = { readonly kind: 'replied' } | { readonly kind: 'end'; readonly end: RunEnd } | GivenUp;

async function askOne(loop: Loop, tools: readonly ToolSpec[], model: string, price: Price): Promise<Outcome> {
  const { session } = loop;
  let overflows = 0;
  for (let attempt = 0; ; ) {
    const room = await compact(loop, { model, price, tools }, overflows > 0);
    if (room.kind === 'end') return room;
    if (room.kind === 'too-long') return { kind: 'given-up', model, reason: TOO_LONG, error: null };
    const tried = room.kind === 'failed' ? room : await tryOnce(loop, tools, model, price);
    if (tried.kind === 'end') return tried;
    if (tried.kind === 'replied') return { kind: 'replied' };
    const { error } = tried;
    if (error instanceof ContextOverflow) {
      const short = shortContext(loop, model, error);
      overflows += 1;
      if (short === null && overflows <= OVERFLOWS_MAX) continue;
      const reason = short === null ? error.message : `${model}: ${short}`;
      return { kind: 'given-up', model, reason, error: short === null ? error : refusal(model, short) };
    }
    const backoff = BACKOFF_MS[attempt];
    const waitMs = Math.max(backoff ?? 0, error.retryAfterMs ?? 0);
    if (!error.transient || backoff === undefined || waitMs > RETRY_AFTER_MS_MAX) {
      return { kind: 'given-up', model, reason: error.message, error };
    }
    session.live.doing = `waiting ${Math.ceil(waitMs / 1_000)} s for ${model}: ${error.kind}`;
    session.log.warn({ run: session.run.id, model, attempt, waitMs, trouble: error.kind }, 'model call failed');
    await (session.wait ?? wait)(waitMs, session.signal);
    session.signal.throwIfAborted();
    const end = limitReached(loop);
    if (end !== null) return { kind: 'end', end };
    attempt += 1;
  }
}

const TOO_LONG = 'the transcript is too long for it even when it is summed up';

async function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal });
}

async function tryOnce(loop: Loop, tools: readonly ToolSpec[], model: string, price: Price): Promise<Paid> {
  const { session, task, transcript } = loop;
  const view = transcript.view();
  const { system } = task.prompt;
  let less: string | null = null;
  const bound = promptSize(view, model, system, tools);
  const doing = `thinking (${model.slice(model.indexOf('/') + 1)})`;
  const call = { model, price, system, tools, messages: view.messages, bound, doing };
  const paid = await paidCall(loop, call, async ({ text, calls, opaque, usage }) => {
    less = servedLess(view, model, { system, tools }, usage);
    // Said without having read it all: nobody should act on it.
    if (less !== null) return;
    await transcript.append({ kind: 'assistant', text, calls, opaque, usage, model });
  });
  if (paid.kind !== 'replied') return paid;
  if (less !== null) return { kind: 'failed', error: refusal(model, `${less}. ${CONTEXT_FIX}`) };
  loop.onModel(model);
  session.live.turns += 1;
  return paid;
}

/** A sentence where the server names a shorter context than we were told; null where the prompt was simply too long. */
function shortContext({ session }: Loop, model: string, { servedTokens }: ContextOverflow): string | null {
  const configured = session.models.contextTokens(model);
  if (servedTokens === null || servedTokens >= configured) return null;
  return `it is served with a context of ${servedTokens} tokens, not ${configured}. ${CONTEXT_FIX}`;
}

function tooShort(model: string, less: string): GivenUp {
  return { kind: 'given-up', model, reason: `${model}: ${less}. ${CONTEXT_FIX}`, error: refusal(model, less) };
}

function refusal(model: string, reason: string): OutsideError {
  return new OutsideError('refused', `call ${model}`, reason);
}
