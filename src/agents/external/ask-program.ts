/**
 * One try of an external agent, into the transcript: the whole program in the run's room, its calls of the model paid one
 * by one, and what it handed in as a call of `finish` or `ask`. Its exit code and its words are believed in nothing; the
 * loop goes on from that call as it does from a model's. A model that is away for it is followed by the next of the chain.
 */
import { randomUUID } from 'node:crypto';
import { OutsideError } from '../../domain/outside-error.ts';
import { CONTEXT_FIX, servesLess } from '../../domain/served-context.ts';
import type { ExternalDriver } from '../../domain/settings.ts';
import type { Price, ToolCall, Usage } from '../../domain/transcript.ts';
import { headAndTail, SHOWN_CHARACTERS_MAX } from '../cap-output.ts';
import { type Loop, nearLimit } from '../limit-reached.ts';
import { chainFrom, type GivenUp, nobodyAnswered, tellOfChange } from '../model-chain.ts';
import { CannotRun, endAs, type RunEnd } from '../session-options.ts';
import { isConversation, wordsFor } from './add-words.ts';
import type { ModelEndpoint } from './model-endpoint.ts';
import { startModelProxy } from './model-proxy.ts';
import { openProgramMemory, type ProgramMemory } from './program-memory.ts';
import { type Meter, startMeter } from './program-meter.ts';
import { knowsAll, rules } from './program-words.ts';
import { programFor } from './programs.ts';
import { type ReadResult, readResult, removeResult } from './read-result.ts';
import { type ProgramEnd, runProgram } from './run-program.ts';

const IDLE_LOOK_MS = 1_000;
const CALL_TIMEOUT_MS = 15 * 60_000;
/** Of what a program printed, into the log. */
const TAIL_CHARACTERS = 500;

/** Null when what it handed in, or that it handed in nothing, is in the transcript. */
export async function askProgram(loop: Loop): Promise<RunEnd | null> {
  const { session, task, transcript } = loop;
  const { run } = session;
  const name = task.role.driver ?? 'api';
  const driver = session.settings().drivers?.[name];
  if (driver === undefined) throw new CannotRun(`No driver is called ${name}: add drivers.${name}.`);
  const memory = await openProgramMemory(task.room.workspace, run);
  const begun = memory.last;
  // It handed in, and we died before that was written down.
  if (begun !== null && begun.runId === run.id && knowsAll(transcript, begun.told)) {
    const result = await readResult(task.room.workspace.out);
    if (result.kind === 'result') {
      loop.onModel(begun.model);
      await append(loop, { model: begun.model, result, text: '', usage: NO_USAGE });
      return null;
    }
  }
  const givenUp: GivenUp[] = [];
  for (const model of chainOf(loop, memory)) {
    const start = await startOn(loop, model);
    if (typeof start === 'string') {
      givenUp.push({ kind: 'given-up', model, reason: `${model}: ${start}`, error: refusal(model, start) });
      continue;
    }
    const tried = await tryModel(loop, { ...start, name, driver, memory, givenUp });
    if (tried.kind === 'end') return tried.end;
    if (tried.kind === 'done') return null;
    session.log.warn({ run: run.id, model, reason: tried.reason }, 'model given up');
    givenUp.push(tried);
  }
  return nobodyAnswered(run.role, givenUp);
}

/** After a restart the model that was at work goes on: those before it were given up. */
function chainOf(loop: Loop, { last }: ProgramMemory): readonly string[] {
  const chain = chainFrom(loop);
  const at = last?.runId === loop.session.run.id ? chain.indexOf(last.model) : -1;
  return at < 0 ? chain : chain.slice(at);
}

interface Start {
  readonly model: string;
  readonly price: Price;
  readonly endpoint: ModelEndpoint;
}

/** A sentence when the model cannot be used as things are. */
async function startOn({ session }: Loop, model: string): Promise<Start | string> {
  const trouble = session.models.trouble(model);
  if (trouble !== null) return trouble;
  const price = session.models.price(model);
  const endpoint = session.endpoint?.(model) ?? null;
  if (price === null || endpoint === null) return 'it has no price or no address: run heartline check';
  const less = servesLess(await session.models.servedTokens(model), session.models.contextTokens(model));
  return less === null ? { model, price, endpoint } : `${less}. ${CONTEXT_FIX}`;
}

function refusal(model: string, reason: string): OutsideError {
  return new OutsideError('refused', `call ${model}`, reason);
}

interface Try extends Start {
  readonly name: string;
  readonly driver: ExternalDriver;
  readonly memory: ProgramMemory;
  readonly givenUp: readonly GivenUp[];
}

type Tried = { readonly kind: 'done' } | { readonly kind: 'end'; readonly end: RunEnd } | GivenUp;

async function tryModel(loop: Loop, one: Try): Promise<Tried> {
  const { last } = one.memory;
  // What one vendor's model thought is sealed for others, so a conversation moves among models of one provider only.
  const resumable = last !== null && last.driver === one.name && providerOf(last.model) === providerOf(one.model);
  const tried = resumable ? await tryOnce(loop, one, last.conversation) : null;
  // It could not go on with what it remembers, and nobody answered it: so it begins.
  if (tried !== null && tried.kind !== 'not-begun') return tried;
  const anew = await tryOnce(loop, one, null);
  if (anew.kind === 'not-begun') throw new Error('a program that begins cannot fail to go on');
  return anew;
}

function providerOf(model: string): string {
  return model.slice(0, model.indexOf('/'));
}

interface NotBegun {
  readonly kind: 'not-begun';
}

/** `resumed`: the program's own conversation to go on with; null: a new one. */
async function tryOnce(loop: Loop, one: Try, resumed: string | null): Promise<Tried | NotBegun> {
  const { session, task, transcript } = loop;
  const { name, driver, model, price, endpoint, memory } = one;
  const { tree, out } = task.room.workspace;
  const { run } = session;
  let conversation = resumed ?? randomUUID();
  const program = programFor({
    driver,
    endpoint,
    tree,
    system: rules(loop),
    outputTokensMax: task.role.outputTokensMax,
    contextTokens: session.models.contextTokens(model),
    conversation: { id: conversation, resumed: resumed !== null },
  });
  if (typeof program === 'string') return { kind: 'end', end: endAs('failed', `${program} ${run.role} has ${model}.`) };
  await removeResult(out);
  const told = transcript.all.length;
  const toldBefore = memory.last?.told ?? 0;
  const meter = startMeter(loop, {
    model,
    price,
    callsBefore: memory.last?.runId === run.id ? memory.last.calls : 0,
    // Whoever asks its model has heard what it was told.
    onCall: (calls) => memory.remember({ driver: name, model, conversation, told, runId: run.id, calls }),
    onFirstAnswer: () => void tellOfChange(loop, model, one.givenUp).catch(() => undefined),
  });
  session.live.doing = name;
  const words = wordsFor(endpoint.protocol);
  const proxy = await startModelProxy({
    endpoint,
    folder: out,
    outputTokensMax: task.role.outputTokensMax,
    signal: AbortSignal.any([session.signal, meter.stopped]),
    callTimeoutMs: CALL_TIMEOUT_MS,
    complete: async (body) => {
      const near = isConversation(body) && !words.said ? nearLimit(loop, meter.calls) : null;
      if (near !== null) {
        words.say(near);
        // A program that is started once more has forgotten it: what it is told then is in the rows.
        await transcript.append({ kind: 'user', text: near });
      }
      return words.into(body);
    },
    reserve: meter.reserve,
    answered: meter.answered,
  });
  const idle = setInterval(() => meter.lookAtIdle(proxy), IDLE_LOOK_MS);
  let ended: ProgramEnd;
  try {
    ended = await runProgram(loop, {
      program,
      driver,
      meter,
      memory,
      resumed: resumed === null ? null : { conversation: resumed, told: toldBefore },
      onConversation: (id) => {
        conversation = id;
      },
    });
  } finally {
    clearInterval(idle);
    await proxy.close();
  }
  loop.onModel(model);
  if (meter.end !== null) return { kind: 'end', end: meter.end };
  session.signal.throwIfAborted();
  if (ended.timedOut)
    return {
      kind: 'end',
      end: endAs('timed-out', `The agent did not finish within ${task.role.minutesMax} minutes.`),
    };
  session.log.info({ run: run.id, driver: name, exitCode: ended.exitCode, usage: meter.usage }, 'program ended');
  return await outcomeOf(loop, one, meter, ended, resumed);
}

async function outcomeOf(
  loop: Loop,
  { name, model }: Try,
  meter: Meter,
  ended: ProgramEnd,
  resumed: string | null,
): Promise<Tried | NotBegun> {
  const result = await readResult(loop.task.room.workspace.out);
  if (result.kind === 'none') {
    // A model that is away looks, from here, like a program that did nothing.
    if (meter.trouble !== null) {
      const reason = `${model} did not answer ${name}: ${meter.trouble.message}`;
      return { kind: 'given-up', model, reason, error: meter.trouble };
    }
    if (resumed !== null && !meter.hasAnswered) {
      const tail = ended.output.slice(-TAIL_CHARACTERS);
      loop.session.log.warn(
        { run: loop.session.run.id, driver: name, tail },
        'program could not go on, it begins anew',
      );
      return { kind: 'not-begun' };
    }
  }
  const { output } = ended;
  const said = output.length > SHOWN_CHARACTERS_MAX ? headAndTail(output, 'The rest was not kept') : output;
  const text = result.kind === 'result' ? '' : `${name} ended with exit code ${ended.exitCode}; ${result.why}\n${said}`;
  await append(loop, { model, result, text, usage: meter.usage });
  return { kind: 'done' };
}

const NO_USAGE: Usage = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0 };

async function append(
  { transcript }: Loop,
  {
    model,
    result,
    text,
    usage,
  }: { readonly model: string; readonly result: ReadResult; readonly text: string; readonly usage: Usage },
): Promise<void> {
  const calls = result.kind === 'result' ? [callOf(result.value, transcript.all.length)] : [];
  await transcript.append({ kind: 'assistant', text, calls, opaque: null, usage, model });
}

/** What it wrote, as the call it stands for; checked where calls are. */
function callOf(value: Readonly<Record<string, unknown>>, place: number): ToolCall {
  const name = Object.keys(value).join() === 'question' ? 'ask' : 'finish';
  return { id: `handed-in-${place}`, name, input: value };
}
