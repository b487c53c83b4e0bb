/**
 * Objects of one repository, read through one git that stays: starting a process for each would cost far more than the
 * reading. It ends by itself when nobody asks for a while, and dies with us.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { OutsideError } from '../domain/outside-error.ts';
import { withParentDeath } from '../processes/parent-death.ts';
import { gitEnvironment } from './git-environment.ts';

export interface ObjectFacts {
  readonly id: string;
  readonly kind: string;
  /** Bytes. */
  readonly size: number;
}

export interface ReadObject extends ObjectFacts {
  /** Null when there are more than were wanted. */
  readonly bytes: Buffer | null;
}

export interface ObjectReader {
  /** `name` is an id or a full name of a ref; null when there is no such object here. */
  about(name: string): Promise<ObjectFacts | null>;
  read(name: string, bytesMax: number): Promise<ReadObject | null>;
}

export interface ObjectReaderOptions {
  readonly repository: string;
  readonly gitDir: string;
  /** An empty folder of ours that stands in for HOME. */
  readonly home: string;
  /** Bound of one answer. */
  readonly timeoutMs: number;
}

const IDLE_MS = 10_000;
const COMPLAINT_BYTES_MAX = 2_000;

export function createObjectReader(options: ObjectReaderOptions): ObjectReader {
  let current: Conversation | null = null;

  async function ask(command: 'info' | 'contents', name: string): Promise<Answer> {
    if (name === '' || /[\0\n\r]/.test(name)) throw new TypeError(`"${name}" names no object`);
    if (current === null || current.over()) current = converse(options);
    return current.ask(`${command} ${name}\n`, command === 'contents');
  }

  async function about(name: string): Promise<ObjectFacts | null> {
    return (await ask('info', name)).facts;
  }

  return {
    about,
    async read(name, bytesMax) {
      const facts = await about(name);
      if (facts === null || facts.size > bytesMax) return facts === null ? null : { ...facts, bytes: null };
      // By id, because a ref may have moved in between.
      const { bytes } = await ask('contents', facts.id);
      return { ...facts, bytes };
    },
  };
}

interface Answer {
  readonly facts: ObjectFacts | null;
  readonly bytes: Buffer | null;
}

interface Question {
  readonly withBytes: boolean;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

interface Conversation {
  ask(line: string, withBytes: boolean): Promise<Answer>;
  over(): boolean;
}

/** Answers come in the order of the questions. */
function converse({ repository, gitDir, home, timeoutMs }: ObjectReaderOptions): Conversation {
  const attempted = `read objects of ${repository}`;
  const [program = '', ...args] = withParentDeath(['git', 'cat-file', '--batch-command']);
  const child = spawn(program, args, {
    detached: true,
    cwd: home,
    env: gitEnvironment({ home, gitDir }),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const { stdin, stdout, stderr } = child;
  const waiting: Question[] = [];
  let received: Buffer = Buffer.alloc(0);
  let complaints = '';
  let over = false;
  let idle: NodeJS.Timeout | undefined;
  let late: NodeJS.Timeout | undefined;

  child.once('error', (error) =>
    fail(new OutsideError('unreachable', attempted, 'git could not be run', { cause: error })),
  );
  child.once('close', () => fail(new OutsideError('unreachable', attempted, complaints.trim() || 'git ended')));
  // Whoever asked hears of it when the process closes.
  stdin.on('error', () => {});
  stderr.on('data', (chunk: Buffer) => {
    complaints = (complaints + chunk.toString('utf8')).slice(-COMPLAINT_BYTES_MAX);
  });
  stdout.on('data', (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    for (let question = waiting[0]; question !== undefined; question = waiting[0]) {
      const taken = take(received, question.withBytes);
      if (taken === null) return;
      received = received.subarray(taken.length);
      waiting.shift();
      question.resolve(taken.answer);
      rest();
    }
  });
  rest();

  return {
    over: () => over,
    ask: (line, withBytes) =>
      new Promise((resolve, reject) => {
        waiting.push({ withBytes, resolve, reject });
        clearTimeout(idle);
        hold(child, true);
        if (waiting.length === 1) expect();
        stdin.write(line);
      }),
  };

  function rest(): void {
    clearTimeout(late);
    if (waiting.length > 0) {
      expect();
      return;
    }
    hold(child, false);
    clearTimeout(idle);
    idle = setTimeout(() => {
      over = true;
      stdin.end();
    }, IDLE_MS).unref();
  }

  function expect(): void {
    late = setTimeout(() => {
      const seconds = Math.round(timeoutMs / 1000);
      fail(new OutsideError('unreachable', attempted, `git did not answer within ${seconds} s`));
    }, timeoutMs);
  }

  function fail(error: OutsideError): void {
    over = true;
    clearTimeout(idle);
    clearTimeout(late);
    hold(child, false);
    child.kill('SIGKILL');
    for (const question of waiting.splice(0)) question.reject(error);
  }
}

/** `<id> <kind> <size>`, then the bytes where they were asked for; null while the answer is not all there. */
function take(received: Buffer, withBytes: boolean): { readonly length: number; readonly answer: Answer } | null {
  const end = received.indexOf('\n');
  if (end < 0) return null;
  const [id = '', kind = '', size] = received.toString('latin1', 0, end).split(' ');
  const start = end + 1;
  // "<name> missing", or another word for a name that stands for no one object.
  if (size === undefined) return { length: start, answer: { facts: null, bytes: null } };
  const facts = { id, kind, size: Number(size) };
  if (!withBytes) return { length: start, answer: { facts, bytes: null } };
  const length = start + facts.size + 1;
  if (received.length < length) return null;
  return { length, answer: { facts, bytes: Buffer.from(received.subarray(start, length - 1)) } };
}

/** A process that only waits for questions keeps nobody else from ending. */
function hold(child: ChildProcess, held: boolean): void {
  const ends = [child, child.stdin as Socket, child.stdout as Socket, child.stderr as Socket];
  for (const end of ends) held ? end.ref() : end.unref();
}
