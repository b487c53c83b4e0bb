/**
 * One try of an external agent, into the transcript: the whole program in the run's room, its calls of the model paid one
 * by one, and what it handed in as a call of `finish` or `ask`. Its exit code and its words are believed in nothing; the
 * loop goes on from that call as it does from a model's.
 */
import { randomUUID } from 'node:crypto';
import { costOf, promptTokensMax, worstCase } from '../../decide/budget.ts';
import type { ExternalDriver } from '../../domain/settings.ts';
import type { Price, ToolCall, TranscriptMessage, Usage } from '../../domain/transcript.ts';
import type { ExecResult } from '../../heartbeat/ports.ts';
import { toolSpecs } from '../answer-calls.ts';
import { headAndTail, SHOWN_CHARACTERS_MAX } from '../cap-output.ts';
import type { Loop } from '../limit-reached.ts';
import { capsOf } from '../paid-call.ts';
import { CannotRun, endAs, type RunEnd, type Session } from '../session-options.ts';
import { ACP_SOCKET, type AcpDialogue, openAcpDialogue } from './acp-dialogue.ts';
import { launchArgv } from './launcher.ts';
import type { ModelEndpoint } from './model-endpoint.ts';
import { MODEL_SOCKET, type ModelProxy, type Payment, startModelProxy } from './model-proxy.ts';
import { type Program, programFor } from './programs.ts';
import { RESULT_FILE, readResult, removeResult } from './read-result.ts';

/** A program that neither asks its model nor says a word for so long hangs. Long, because it may be running tests. */
const IDLE_MS_MAX = 20 * 60_000;
const IDLE_LOOK_MS = 1_000;
const CALL_TIMEOUT_MS = 15 * 60_000;
const OUTPUT_BYTES_MAX = 100_000;

/** Null when what it handed in, or that it handed in nothing, is in the transcript. */
export async function askProgram(loop: Loop): Promise<RunEnd | null> {
  const { session, task, transcript } = loop;
  const { name, driver, model, price, endpoint } = startingPoint(loop);
  const { tree, out } = task.room.workspace;
  const program = programFor({
    driver,
    endpoint,
    tree,
    system: `${task.prompt.system}\n\n${handingIn(loop)}`,
    outputTokensMax: task.role.outputTokensMax,
  });
  if (typeof program === 'string') return endAs('failed', `${program} The role ${session.run.role} has ${model}.`);
  await removeResult(out);
  const meter = startMeter(loop, model, price);
  session.live.doing = name;
  const proxy = await startModelProxy({
    endpoint,
    folder: out,
    outputTokensMax: task.role.outputTokensMax,
    signal: AbortSignal.any([session.signal, meter.stopped]),
    callTimeoutMs: CALL_TIMEOUT_MS,
    reserve: meter.reserve,
  });
  const idle = setInterval(() => meter.lookAtIdle(proxy), IDLE_LOOK_MS);
  let ended: ExecResult;
  try {
    ended = await runProgram(loop, program, driver, meter);
  } finally {
    clearInterval(idle);
    await proxy.close();
  }
  loop.onModel(model);
  if (meter.end !== null) return meter.end;
  session.signal.throwIfAborted();
  if (ended.timedOut) return endAs('timed-out', `The agent did not finish within ${task.role.minutesMax} minutes.`);
  const result = await readResult(out);
  const calls: readonly ToolCall[] = result.kind === 'result' ? [callOf(result.value, transcript.all.length)] : [];
  // A model that is away looks, from here, like a program that did nothing.
  if (calls.length === 0 && proxy.away) return endAs('postponed', `The model ${model} did not answer ${name}.`);
  const said =
    ended.output.length > SHOWN_CHARACTERS_MAX ? headAndTail(ended.output, 'The rest was not kept') : ended.output;
  const text = result.kind === 'result' ? '' : `${name} ended with exit code ${ended.exitCode}; ${result.why}\n${said}`;
  await transcript.append({ kind: 'assistant', text, calls, opaque: null, usage: meter.usage, model });
  session.log.info(
    { run: session.run.id, driver: name, exitCode: ended.exitCode, usage: meter.usage },
    'program ended',
  );
  return null;
}

interface StartingPoint {
  readonly name: string;
  readonly driver: ExternalDriver;
  readonly model: string;
  readonly price: Price;
  readonly endpoint: ModelEndpoint;
}

function startingPoint({ session, task }: Loop): StartingPoint {
  const name = task.role.driver ?? 'api';
  const driver = session.settings().drivers?.[name];
  if (driver === undefined) throw new CannotRun(`No driver is called ${name}: add drivers.${name}.`);
  for (const model of task.role.chain) {
    const price = session.models.price(model);
    const endpoint = session.endpoint?.(model) ?? null;
    if (price !== null && endpoint !== null && session.models.trouble(model) === null) {
      return { name, driver, model, price, endpoint };
    }
  }
  throw new CannotRun(`No model of the chain of ${session.run.role} can be used: run heartline check.`);
}

async function runProgram(loop: Loop, program: Program, driver: ExternalDriver, meter: Meter): Promise<ExecResult> {
  const { tree, out } = loop.task.room.workspace;
  const message = conversation(loop);
  const { argv, environment, files } = program;
  let dialogue: AcpDialogue | null = null;
  let outside: string | null = null;
  if (driver.kind === 'acp') {
    // Some of these trust the folder they start in whatever they are told, and run what its settings name.
    outside = `${out}/outside-${randomUUID()}`;
    const system = `${loop.task.prompt.system}\n\n${handingIn(loop)}\n${startedOutside(tree)}`;
    const text = `${system}\n\n${message}`;
    dialogue = await openAcpDialogue({ folder: out, cwd: outside, system, text, onActivity: meter.onActivity });
  }
  const launch = { out, argv, environment, files, outside, dialogue: dialogue === null ? null : ACP_SOCKET };
  const trouble = dialogue?.ended.catch((error: unknown) => `not ACP: ${String(error)}`);
  try {
    const ended = await loop.task.room.exec(launchArgv(launch, MODEL_SOCKET), {
      timeoutMs: loop.task.role.minutesMax * 60_000,
      outputBytesMax: OUTPUT_BYTES_MAX,
      signal: meter.stopped,
      ...(dialogue === null ? { input: message } : {}),
    });
    return dialogue === null ? ended : await withDialogue(ended, dialogue, trouble);
  } finally {
    await dialogue?.close();
  }
}

/** What was said over the socket stands beside what the program printed. */
async function withDialogue(
  ended: ExecResult,
  dialogue: AcpDialogue,
  trouble: Promise<string> | undefined,
): Promise<ExecResult> {
  await dialogue.close();
  const reason = await Promise.race([trouble, Promise.resolve('it never connected')]);
  return { ...ended, output: `${reason ?? ''}\n${ended.output}` };
}

/** The transcript as one message: the program begins anew each time and knows nothing of what was before. */
function conversation({ transcript }: Loop): string {
  return transcript.all.map(told).join('\n\n');
}

function told(message: TranscriptMessage): string {
  switch (message.kind) {
    case 'user':
      return message.text;
    case 'assistant':
      return message.calls.length === 0
        ? 'You have ended without a result since. What you left is in the checkout.'
        : `You handed in since: ${message.calls.map((call) => JSON.stringify(call.input)).join(' ')}`;
    case 'tool-results':
      return `What came back: ${message.results.map((result) => result.text).join('\n')}`;
  }
}

function handingIn({ task }: Loop): string {
  const specs = toolSpecs(task.prompt);
  const schema = (name: string) => JSON.stringify(specs.find((spec) => spec.name === name)?.schema ?? {});
  const file = `${task.room.workspace.out}/${RESULT_FILE}`;
  return [
    'Your tools are your own; those that these rules name are described to others.',
    `To call finish, write one JSON object to the file ${file} (outside the checkout) and end your reply. Its schema: ${schema('finish')}`,
    ...(task.prompt.tools.includes('ask')
      ? [`To call ask, write to that file instead what fits ${schema('ask')}`]
      : []),
  ].join('\n');
}

function startedOutside(tree: string): string {
  return `The checkout is the folder ${tree}. You were started outside it: begin every command with cd ${tree}.`;
}

/** What it wrote, as the call it stands for; checked where calls are. */
function callOf(value: Readonly<Record<string, unknown>>, place: number): ToolCall {
  const name = Object.keys(value).join() === 'question' ? 'ask' : 'finish';
  return { id: `handed-in-${place}`, name, input: value };
}

interface Meter {
  /** Aborts when a cap is reached. */
  readonly stopped: AbortSignal;
  /** Set when a cap ended the run. */
  readonly end: RunEnd | null;
  /** All calls of this try together. */
  readonly usage: Usage;
  readonly reserve: (bodyBytes: number) => Promise<Payment | null>;
  readonly onActivity: () => void;
  lookAtIdle(proxy: ModelProxy): void;
}

/** Model calls of a run so far, over all its tries in this process; money is counted in the rows. */
const callsMade = new WeakMap<Session, number>();

function startMeter({ session, task }: Loop, model: string, price: Price): Meter {
  const { journal, run } = session;
  const stop = new AbortController();
  const usage = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0 };
  let end: RunEnd | null = null;
  let active = session.now();
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
    usage,
    onActivity,
    lookAtIdle: (proxy) => {
      if (proxy.underWay > 0) onActivity();
      if (session.now() - active < IDLE_MS_MAX) return;
      finish(endAs('stalled', `The agent did nothing for ${IDLE_MS_MAX / 60_000} minutes.`));
    },
    reserve: async (bodyBytes) => {
      onActivity();
      const calls = (callsMade.get(session) ?? 0) + 1;
      const { turnsMax, outputTokensMax } = task.role;
      if (calls > turnsMax) return finish(endAs('failed', `The agent did not finish within ${turnsMax} model calls.`));
      const worst = worstCase(price, promptTokensMax({ countedTokens: 0, uncountedBytes: bodyBytes }), outputTokensMax);
      const issueId = run.subject.kind === 'issue' ? run.subject.issueId : null;
      const reserved = await journal.reserve({ runId: run.id, issueId, microUsd: worst, caps: capsOf({ session }) });
      if (!reserved.ok) return finish(endAs('awaiting-human', reserved.reason));
      callsMade.set(session, calls);
      session.live.turns = calls;
      return {
        settle: async (counted, billable) => {
          onActivity();
          const cost = counted !== null ? costOf(price, counted) : billable ? worst : 0;
          await journal.settle(reserved.reservationId, { microUsd: cost, usage: counted ?? NO_USAGE, model });
          session.live.microUsd += cost;
          for (const part of ['input', 'cacheRead', 'cacheWrite', 'output'] as const)
            usage[part] += counted?.[part] ?? 0;
        },
      };
    },
  };
}

const NO_USAGE: Usage = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0 };
