/**
 * Runs one command in a container that runs nothing else, and sees it to its end: output in order, time limit, abort,
 * flood bound. Whatever the command started is gone when this resolves; after a kill the container is gone too.
 */

import { setTimeout as pause } from 'node:timers/promises';
import type { IsolatedCommand } from '../../heartbeat/ports.ts';
import { boundedOutput } from '../bounded-output.ts';
import { type CommandEnd, FLOOD_BYTES_MAX } from '../run-command.ts';
import { userOf } from './container.ts';
import { demultiplex } from './demultiplex.ts';
import { type Engine, property } from './engine.ts';

export interface ContainerCommand {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly command: IsolatedCommand;
  /** Ends the container with everything in it. */
  readonly kill: () => Promise<void>;
}

/**
 * The command's errors go where its output goes, so that the two stay in order. The error stream is then free to tell us
 * that the command is over: the stream itself stays open as long as any daemon holds it. A command that forges the word
 * only ends itself early; the exit code is asked of the engine.
 */
const TELLING = ['/bin/sh', '-c', 'exec 3>&2; "$@" 2>&1 3>&-; code=$?; echo over >&3; exit $code', 'sh'];
/** Ends every process of the agent's user in the container; the kernel does it in one step, so that no fork slips by. */
const SWEEP = ['/bin/sh', '-c', 'kill -9 -1; exit 0'];
/** A command can also end its own shell, which then tells nothing: so the engine is asked now and then. */
const LOOK_MS = 500;
const SWEEP_MS_MAX = 10_000;
const CODE_LOOKS_MAX = 40;
const CODE_LOOK_MS = 25;

export async function runInContainer(engine: Engine, id: string, run: ContainerCommand): Promise<CommandEnd> {
  const { command } = run;
  const user = userOf(command);
  const start = async (argv: readonly string[], stdin: boolean) => {
    const made = await engine.call('POST', `/containers/${id}/exec`, {
      AttachStdin: stdin,
      AttachStdout: true,
      AttachStderr: true,
      Tty: false,
      User: `${user.uid}:${user.gid}`,
      WorkingDir: command.workspace.tree,
      Env: Object.entries(run.environment).map(([name, value]) => `${name}=${value}`),
      Cmd: argv,
    });
    const execId = String(property(made, 'Id'));
    return { execId, ...(await engine.hijack(`/exec/${execId}/start`, { Detach: false, Tty: false })) };
  };

  /** Null while it is not known: until then podman says 0. */
  const codeOf = async (exec: string): Promise<number | null> => {
    for (let looksLeft = CODE_LOOKS_MAX; looksLeft > 0; looksLeft -= 1) {
      const facts = await engine.call('GET', `/exec/${exec}/json`);
      const code = property(facts, 'ExitCode');
      if (property(facts, 'Running') === false) return typeof code === 'number' ? code : null;
      await pause(CODE_LOOK_MS);
    }
    return null;
  };
  /** Resolves when the agent's user has no process left and all its output has arrived; false when that cannot be had. */
  const swept = async (): Promise<boolean> => {
    const sweep = await start(SWEEP, false).catch(() => null);
    if (sweep === null) return false;
    const done = new Promise<void>((resolve) => {
      sweep.stream.on('error', () => {});
      sweep.stream.once('end', resolve);
      sweep.stream.once('close', resolve);
      sweep.stream.resume();
    });
    const ended = done.then(() => codeOf(sweep.execId)).then((code) => (code === 0 ? closed.then(() => true) : false));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), SWEEP_MS_MAX);
    });
    try {
      return await Promise.race([ended, late]);
    } finally {
      clearTimeout(timer);
    }
  };

  const collected = boundedOutput(command.outputBytesMax);
  let kind: CommandEnd['kind'] = 'exited';
  const { execId, stream, head } = await start([...TELLING, ...run.argv], command.input !== undefined);
  const over = Promise.withResolvers<void>();
  const closed = new Promise<void>((resolve) => {
    stream.on('error', () => {});
    stream.once('close', resolve);
    stream.once('end', resolve);
  });
  let killing: Promise<void> | null = null;
  const end = (why: CommandEnd['kind']) => {
    if (killing !== null) return;
    kind = why;
    killing = run.kill();
    // The engine's failure to kill must reach the caller, after the waiting below is released.
    killing.then(over.resolve, over.resolve);
  };
  const frames = demultiplex((which, part) => {
    if (which === 'errors') return over.resolve();
    collected.add(part);
    if (collected.bytes > FLOOD_BYTES_MAX) end('flooded');
  });
  stream.on('data', (chunk: Buffer) => frames.add(chunk));
  frames.add(head);
  if (command.input !== undefined) stream.end(command.input);

  const isRunning = async () =>
    property(await engine.call('GET', `/exec/${execId}/json`).catch(() => null), 'Running') === true;
  const looking = setInterval(() => {
    isRunning().then((running) => (running ? undefined : over.resolve()));
  }, LOOK_MS);
  const timer = setTimeout(() => end('timed-out'), command.timeoutMs);
  const abort = () => end('aborted');
  command.signal.addEventListener('abort', abort, { once: true });
  if (command.signal.aborted) abort();
  try {
    await Promise.race([over.promise, closed]);
    clearInterval(looking);
    // A command that ends while it is being killed counts as killed: the container is on its way out.
    if (killing !== null) {
      await killing;
      return { kind, exitCode: null, ...collected.text(), status: '' };
    }
    clearTimeout(timer);
    const clean = await swept();
    if (killing !== null) await killing;
    const code = killing === null ? await codeOf(execId) : null;
    // In a container full of processes none can be started to end them.
    if (!clean && killing === null) await run.kill();
    return { kind, exitCode: code, ...collected.text(), status: '' };
  } finally {
    clearInterval(looking);
    clearTimeout(timer);
    command.signal.removeEventListener('abort', abort);
    stream.destroy();
  }
}
