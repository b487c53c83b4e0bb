/** Ready-made steps for scripted agents with Heartline's own tools: bash, read, edit, write, finish. */

import { isObject } from '../json.ts';
import type { ScriptedReply, ScriptedRequest } from './conversation.ts';
import { type CallRecord, callsMade, callsOf, hasSucceeded, type Step } from './scripted-agent.ts';

export function readFile(path: string): Step {
  return {
    name: `read ${path}`,
    done: (request) => hasSucceeded(request, 'read', { path }),
    reply: (request) => call(request, 'read', { path }),
  };
}

/** Writing the same content twice does no harm, so an interrupted write is simply done again. */
export function writeFile(path: string, content: string): Step {
  return {
    name: `write ${path}`,
    done: (request) => hasSucceeded(request, 'write', { path, content }),
    reply: (request) => call(request, 'write', { path, content }),
  };
}

/** An edit that was interrupted may have been made or not: the agent reads the file before it tries again. */
export function editFile(path: string, old: string, replacement: string): Step {
  const input = { path, old, new: replacement };
  return {
    name: `edit ${path}`,
    done: (request) =>
      hasSucceeded(request, 'edit', input) || readAfterTrial(request, path, input)?.includes(replacement) === true,
    reply: (request) => {
      const tried = callsOf(request, 'edit', input).length > 0;
      const looked = readAfterTrial(request, path, input) !== null;
      return tried && !looked ? call(request, 'read', { path }) : call(request, 'edit', input);
    },
  };
}

/** Runs once, whatever comes out of it. */
export function runCommand(command: string): Step {
  return {
    name: command,
    done: (request) => callsOf(request, 'bash', { command }).some(isComplete),
    reply: (request) => call(request, 'bash', { command }),
  };
}

const TEST_COMMAND = 'npm test';

/** Runs the tests unless they ran since the last change of a file. */
export function runTests(command: string = TEST_COMMAND): Step {
  return {
    name: `run ${command}`,
    done: (request) => lastTestRun(request, command) !== null,
    reply: (request) => call(request, 'bash', { command }),
  };
}

export function testsPassed(request: ScriptedRequest, command: string = TEST_COMMAND): boolean {
  const run = lastTestRun(request, command);
  return run !== null && run.outcome === 'succeeded' && !/^\W*fail [1-9]/m.test(run.text ?? '');
}

export function testsFailed(request: ScriptedRequest, command: string = TEST_COMMAND): boolean {
  return lastTestRun(request, command) !== null && !testsPassed(request, command);
}

/** Commits everything; committing again what is committed already is fine. */
export function commit(message: string): Step {
  const quoted = `'${message.replaceAll("'", "'\\''")}'`;
  const command = `git add -A && (git diff --cached --quiet || git commit -q -m ${quoted})`;
  return {
    name: `commit "${message}"`,
    done: (request) => hasSucceeded(request, 'bash', { command }),
    reply: (request) => call(request, 'bash', { command }),
  };
}

type FinishInput = object | ((request: ScriptedRequest) => object);

/** Hands in the result, again after each refusal; an input made from the request can look at `rejections`. */
export function finish(input: FinishInput): Step {
  return {
    name: 'finish',
    done: (request) => hasSucceeded(request, 'finish'),
    reply: (request) => call(request, 'finish', finishInput(input, request)),
  };
}

/** Hands in a result that ought to be refused, once. */
export function finishTooEarly(input: FinishInput): Step {
  return {
    name: 'finish too early',
    done: (request) => callsOf(request, 'finish').some(isComplete),
    reply: (request) => call(request, 'finish', finishInput(input, request)),
  };
}

/** Talks instead of acting, once. */
export function say(text: string): Step {
  return {
    name: 'say something',
    done: (request) => request.messages.some((turn) => turn.kind === 'assistant' && turn.text === text),
    reply: () => ({ text }),
  };
}

/** Any other tool call, done when it succeeded. */
export function callTool(name: string, input: object): Step {
  return {
    name: `call ${name}`,
    done: (request) => hasSucceeded(request, name, input),
    reply: (request) => call(request, name, input),
  };
}

function call(request: ScriptedRequest, name: string, input: object): ScriptedReply {
  return { calls: [{ name, input: { ...absentValues(request, name), ...input } }] };
}

/** Strict schemas require every property; what a step does not set is null, as a model would write it. */
function absentValues(request: ScriptedRequest, name: string): object {
  const schema = request.tools.find((tool) => tool.name === name)?.schema;
  if (!isObject(schema) || !isObject(schema.properties) || !Array.isArray(schema.required)) return {};
  const { properties } = schema;
  const nullable = schema.required.filter((key) => typeof key === 'string' && takesNull(properties[key]));
  return Object.fromEntries(nullable.map((key) => [key, null]));
}

function takesNull(schema: unknown): boolean {
  if (!isObject(schema)) return false;
  if (Array.isArray(schema.anyOf)) return schema.anyOf.some(takesNull);
  return schema.type === 'null' || (Array.isArray(schema.type) && schema.type.includes('null'));
}

function finishInput(input: FinishInput, request: ScriptedRequest): object {
  return typeof input === 'function' ? input(request) : input;
}

function isComplete(record: CallRecord): boolean {
  return record.outcome === 'succeeded' || record.outcome === 'failed';
}

/** The file as it was read after the last trial of the edit; null when it was not read since. */
function readAfterTrial(request: ScriptedRequest, path: string, input: object): string | null {
  const trial = callsOf(request, 'edit', input).at(-1);
  if (trial === undefined) return null;
  const later = callsMade(request);
  const since = later.slice(later.findIndex((record) => record.id === trial.id) + 1);
  const read = since.findLast(
    (record) =>
      record.name === 'read' && record.outcome === 'succeeded' && isObject(record.input) && record.input.path === path,
  );
  return read?.text ?? null;
}

/** The last completed run of the tests that no change of a file came after. */
function lastTestRun(request: ScriptedRequest, command: string): CallRecord | null {
  const made = callsMade(request);
  const changed = made.findLastIndex(
    (record) => (record.name === 'edit' || record.name === 'write') && record.outcome !== 'failed',
  );
  const since = made.slice(changed + 1);
  return (
    since.findLast((record) => isObject(record.input) && record.input.command === command && isComplete(record)) ?? null
  );
}
