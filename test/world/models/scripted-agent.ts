/**
 * Questions a scripted agent asks of the request before it, and `steps`, which makes an agent out of an ordered list:
 * it does the first step whose doing cannot yet be seen in the transcript. So it needs no memory of its own, and goes
 * on at the right place after a restart or an interrupted tool call.
 */
import { isDeepStrictEqual } from 'node:util';
import { isObject } from '../json.ts';
import { readsAsError, type Script, type ScriptedReply, type ScriptedRequest, type Turn } from './conversation.ts';

export interface Step {
  /** Shown when the script is described; says what the agent does. */
  readonly name: string;
  done(request: ScriptedRequest): boolean;
  reply(request: ScriptedRequest): ScriptedReply;
}

/** Does the first step not done yet. When all are done it repeats the last, as a model asked once more would. */
export function steps(...list: readonly Step[]): Script {
  return (request) => {
    const next = list.find((step) => !step.done(request)) ?? list.at(-1);
    if (next === undefined) throw new Error('This scripted agent has no steps.');
    return next.reply(request);
  };
}

/** The role, from the first line of the system prompt: "You are Heartline's dev agent." */
export function roleOf(request: ScriptedRequest): string | null {
  return /^You are Heartline's (\S+) agent\./.exec(request.system.trimStart())?.[1] ?? null;
}

/** The first issue key in the first message, such as ENG-12. */
export function issueKeyOf(request: ScriptedRequest): string | null {
  return /\b[A-Z][A-Z0-9]*-\d+\b/.exec(userTexts(request)[0] ?? '')?.[0] ?? null;
}

export function userTexts(request: ScriptedRequest): readonly string[] {
  return request.messages.flatMap((turn) => (turn.kind === 'user' ? [turn.text] : []));
}

export interface CallRecord {
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
  /** What came back; null while nothing has. */
  readonly text: string | null;
  readonly outcome: 'succeeded' | 'failed' | 'interrupted' | 'open';
}

/** Every tool call of the conversation, oldest first, with what came of it. */
export function callsMade(request: ScriptedRequest): readonly CallRecord[] {
  const results = new Map(
    request.messages.flatMap((turn) => (turn.kind === 'tool-result' ? [[turn.callId, turn] as const] : [])),
  );
  return request.messages.flatMap((turn) => {
    if (turn.kind !== 'assistant') return [];
    return turn.calls.map((call) => {
      const result = results.get(call.id);
      return { ...call, text: result?.text ?? null, outcome: result === undefined ? 'open' : outcomeOf(result) };
    });
  });
}

/** Calls of that tool whose input has at least these values. */
export function callsOf(request: ScriptedRequest, name: string, input: object = {}): readonly CallRecord[] {
  return callsMade(request).filter((call) => call.name === name && hasValues(call.input, input));
}

export function hasSucceeded(request: ScriptedRequest, name: string, input: object = {}): boolean {
  return callsOf(request, name, input).some((call) => call.outcome === 'succeeded');
}

/** What the tool said each time it refused, oldest first; an interruption is no refusal. */
export function rejections(request: ScriptedRequest, name: string): readonly string[] {
  return callsOf(request, name).flatMap((call) => (call.outcome === 'failed' ? [call.text ?? ''] : []));
}

/** Chooses by role. A role nobody wrote a script for is a mistake of the scene, but for the auditor, who is content then. */
export function byRole(scripts: Readonly<Record<string, Script>>): Script {
  return (request) => {
    const role = roleOf(request);
    if (role === 'audit' && !Object.hasOwn(scripts, role)) return content;
    return choose(scripts, role, 'role')(request);
  };
}

const content: ScriptedReply = {
  calls: [
    {
      name: 'finish',
      input: {
        decision: 'pass',
        criteria: [{ criterion: 'What the issue asks for', met: true, evidence: 'the diff, as a whole' }],
        summary: 'All of it is there.',
      },
    },
  ],
};

export function byIssueKey(scripts: Readonly<Record<string, Script>>): Script {
  return (request) => choose(scripts, issueKeyOf(request), 'issue')(request);
}

/**
 * Chooses by how often the conversation was given new work: the first script until a later user message matches
 * `startsRound`, then the second, and so on; the last stays. Each sees only what was said since its round began.
 */
export function byRound(startsRound: RegExp, ...scripts: readonly Script[]): Script {
  return (request) => {
    const starts = roundStarts(request.messages, startsRound);
    const script = scripts[Math.min(starts.length, scripts.length) - 1];
    if (script === undefined) throw new Error('This scripted agent has no rounds.');
    return script({ ...request, messages: request.messages.slice(starts.at(-1) ?? 0) });
  };
}

/** A step that counts as done while its condition does not hold. */
export function when(condition: (request: ScriptedRequest) => boolean, step: Step): Step {
  return { ...step, done: (request) => !condition(request) || step.done(request) };
}

/** Several steps in one reply, as parallel calls; what was interrupted is done again alone. */
export function together(...list: readonly Step[]): Step {
  return {
    name: list.map((step) => step.name).join(' and '),
    done: (request) => list.every((step) => step.done(request)),
    reply: (request) => {
      const replies = list.filter((step) => !step.done(request)).map((step) => step.reply(request));
      return {
        calls: (replies.length > 0 ? replies : list.map((step) => step.reply(request))).flatMap(
          (reply) => reply.calls ?? [],
        ),
      };
    },
  };
}

function roundStarts(messages: readonly Turn[], startsRound: RegExp): readonly number[] {
  const users = [...messages.entries()].filter(([, turn]) => turn.kind === 'user');
  return users
    .filter(([, turn], position) => position === 0 || (turn.kind === 'user' && turn.text.search(startsRound) !== -1))
    .map(([index]) => index);
}

function choose(scripts: Readonly<Record<string, Script>>, name: string | null, what: string): Script {
  const script = name === null || !Object.hasOwn(scripts, name) ? undefined : scripts[name];
  if (script === undefined)
    throw new Error(
      `No script for the ${what} ${name ?? '(none found)'}; there are ${Object.keys(scripts).join(', ')}.`,
    );
  return script;
}

function outcomeOf(result: Extract<Turn, { kind: 'tool-result' }>): CallRecord['outcome'] {
  const isError = result.isError || readsAsError(result.text);
  // Words in later lines belong to the program that ran.
  const opening = result.text.trimStart().split('\n', 1)[0] ?? '';
  if (isError && /interrupt/i.test(opening)) return 'interrupted';
  if (isError) return 'failed';
  const code = result.name === 'bash' ? exitCodeOf(result.text) : null;
  return code === null || code === 0 ? 'succeeded' : 'failed';
}

/** The exit code that a command's result names in its first or last lines, if it names one. */
export function exitCodeOf(text: string): number | null {
  const ends = `${text.slice(0, END_CHARACTERS)}\n${text.slice(-END_CHARACTERS)}`;
  const code = /\bexit(?:ed)?(?: with)?(?: code| status)?[:= ]+(\d+)/i.exec(ends)?.[1];
  return code === undefined ? null : Number(code);
}

const END_CHARACTERS = 200;

function hasValues(input: unknown, values: object): boolean {
  return isObject(input) && Object.entries(values).every(([key, value]) => isDeepStrictEqual(input[key], value));
}
