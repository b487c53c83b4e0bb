/** What a program spends and whether it lives: every call of its model is paid beforehand, and a cap or silence ends it. */
import { costOf, promptTokensMax, worstCase } from '../../decide/budget.ts';
import { OutsideError } from '../../domain/outside-error.ts';
import type { Price, Usage } from '../../domain/transcript.ts';
import type { Loop } from '../limit-reached.ts';
import { noteModelCall } from '../note-calls.ts';
import { capsOf } from '../paid-call.ts';
import { endAs, type RunEnd } from '../session-options.ts';
import type { Answered, ModelProxy, Payment } from './model-proxy.ts';

/** A program that neither asks its model nor says a word for so long hangs. Long, because it may be running tests. */
const IDLE_MS_MAX = 20 * 60_000;
/** A program retries by itself, some for ever: a model that fails it for so long, and so often, is given up. */
const OUTAGE_MS_MAX = 60_000;
const OUTAGE_FAILURES_MIN = 3;
/** As for our own calls. */
const RETRY_AFTER_MS_MAX = 5 * 60_000;

export interface Meter {
  /** Aborts when a cap is reached or the model is given up. */
  readonly stopped: AbortSignal;
  /** Set when a cap ended the run. */
  readonly end: RunEnd | null;
  /** Why the last call came to nothing; null when it was answered. */
  readonly trouble: OutsideError | null;
  /** The model was given up while the program was still trying. */
  readonly givenUp: boolean;
  /** Some call of this try was answered. */
  readonly hasAnswered: boolean;
  /** Model calls of the run so far. */
  readonly calls: number;
  /** All calls of this try together. */
  readonly usage: Usage;
  readonly reserve: (bodyBytes: number) => Promise<Payment | null>;
  readonly answered: (answer: Answered) => void;
  readonly onActivity: () => void;
  lookAtIdle(proxy: ModelProxy): void;
}

export interface MeterOptions {
  readonly model: string;
  readonly price: Price;
  /** Model calls of the run before this try, those of earlier processes too. */
  readonly callsBefore: number;
  /** Before each call leaves, with the count of all; what it notes outlives us. */
  readonly onCall: (calls: number) => Promise<void>;
  /** When the model has answered for the first time. */
  readonly onFirstAnswer: () => void;
}

export function startMeter({ session, task }: Loop, options: MeterOptions): Meter {
  const { model, price, callsBefore } = options;
  const { journal, run } = session;
  const stop = new AbortController();
  const usage = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0 };
  let end: RunEnd | null = null;
  let active = session.now();
  let calls = 0;
  let hasAnswered = false;
  let trouble: OutsideError | null = null;
  let givenUp = false;
  let failures = { count: 0, since: 0 };
  const finish = (why: RunEnd) => {
    end ??= why;
    stop.abort();
    return null;
  };
  const onActivity = () => {
    active = session.now();
  };
  return {
    stopped: stop.signal,
    get end() {
      return end;
    },
    get trouble() {
      return trouble;
    },
    get givenUp() {
      return givenUp;
    },
    get hasAnswered() {
      return hasAnswered;
    },
    get calls() {
      return callsBefore + calls;
    },
    usage,
    onActivity,
    lookAtIdle: (proxy) => {
      if (proxy.underWay > 0) onActivity();
      if (session.now() - active < IDLE_MS_MAX) return;
      finish(endAs('stalled', `The agent did nothing for ${IDLE_MS_MAX / 60_000} minutes.`));
    },
    answered: (answer) => {
      trouble = troubleOf(answer, model);
      if (answer.status === 200) {
        failures = { count: 0, since: 0 };
        if (!hasAnswered) options.onFirstAnswer();
        hasAnswered = true;
        return;
      }
      // A refusal that is the program's own fault says nothing about its model.
      if (trouble === null) return;
      failures = { count: failures.count + 1, since: failures.count === 0 ? session.now() : failures.since };
      const lasting = failures.count >= OUTAGE_FAILURES_MIN && session.now() - failures.since >= OUTAGE_MS_MAX;
      if (trouble.transient && !lasting && (trouble.retryAfterMs ?? 0) <= RETRY_AFTER_MS_MAX) return;
      givenUp = true;
      stop.abort();
    },
    reserve: async (bodyBytes) => {
      onActivity();
      if (stop.signal.aborted) return null;
      const { turnsMax, outputTokensMax } = task.role;
      const all = callsBefore + calls + 1;
      if (all > turnsMax) return finish(endAs('failed', `The agent did not finish within ${turnsMax} model calls.`));
      calls += 1;
      const worst = worstCase(price, promptTokensMax({ countedTokens: 0, uncountedBytes: bodyBytes }), outputTokensMax);
      const issueId = run.subject.kind === 'issue' ? run.subject.issueId : null;
      const reserved = await journal.reserve({ runId: run.id, issueId, microUsd: worst, caps: capsOf({ session }) });
      if (!reserved.ok) return finish(endAs('awaiting-human', reserved.reason));
      session.live.worstMicroUsd = worst;
      const began = session.now();
      await options.onCall(all);
      session.live.turns = all;
      return {
        settle: async (counted, billable) => {
          onActivity();
          const cost = counted !== null ? costOf(price, counted) : billable ? worst : 0;
          const durationMs = session.now() - began;
          const failure = counted !== null || billable ? null : 'refused';
          await Promise.all([
            journal.settle(reserved.reservationId, { microUsd: cost, usage: counted ?? NO_USAGE, model }),
            noteModelCall(session, { model, usage: counted, microUsd: cost, durationMs, calls: null, failure }),
          ]);
          session.live.microUsd += cost;
          for (const part of ['input', 'cacheRead', 'cacheWrite', 'output'] as const)
            usage[part] += counted?.[part] ?? 0;
        },
      };
    },
  };
}

const NO_USAGE: Usage = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0 };

/** Null for an answer, and for a refusal that is the program's own fault. */
function troubleOf({ status, retryAfterMs }: Answered, model: string): OutsideError | null {
  const attempted = `call ${model}`;
  const said = `status ${status}`;
  if (status === 429) return new OutsideError('limited', attempted, said, { retryAfterMs });
  if (status >= 500 || status === 408) return new OutsideError('unreachable', attempted, said, { retryAfterMs });
  if (status === 401 || status === 403) return new OutsideError('unauthorised', attempted, said);
  if (status === 402) return new OutsideError('refused', attempted, said);
  if (status === 404) return new OutsideError('missing', attempted, said);
  return null;
}
