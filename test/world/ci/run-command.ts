// Runs a job's command with next to no environment, bounds its time and its output, and ends everything it started.
import { spawn } from 'node:child_process';
import { dirname, relative } from 'node:path';
import type { Annotation } from '../github/state.ts';

const outputCharsMax = 1_000_000;
const annotationsMax = 10;

/** How a command ended, and what it printed on both streams. */
export type CommandEnd = { readonly output: string } & (
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'killed' }
);

/** A command under way. */
export interface RunningCommand {
  readonly ended: Promise<CommandEnd>;
  kill(): void;
}

/** Starts a command in a folder; its whole process group dies with it. */
export function runCommand(
  command: readonly string[],
  folder: string,
  environment: Readonly<Record<string, string>>,
  timeoutMs: number,
): RunningCommand {
  const [program, ...argv] = command;
  if (program === undefined) throw new Error('a job needs a command: give at least a program');
  const path = `${dirname(process.execPath)}:${process.env.PATH ?? '/usr/bin:/bin'}`;
  const env = {
    PATH: path,
    HOME: dirname(folder),
    TMPDIR: dirname(folder),
    LC_ALL: 'C',
    TZ: 'UTC',
    NO_COLOR: '1',
    ...environment,
  };
  const child = spawn(program, argv, { cwd: folder, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let why: 'timeout' | 'killed' | null = null;
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString('utf8')).slice(-outputCharsMax);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const end = (reason: 'timeout' | 'killed') => {
    why ??= reason;
    killGroup(child.pid);
  };
  const timer = setTimeout(() => end('timeout'), timeoutMs);
  const ended = new Promise<CommandEnd>((resolve) => {
    child.on('error', (error) => {
      clearTimeout(timer);
      resolve({ kind: 'exit', code: 127, output: `${output}${error.message}\n` });
    });
    // What the command left behind would keep the streams open, so the group is ended as soon as the command itself has.
    child.on('exit', () => killGroup(child.pid));
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve(why === null ? { kind: 'exit', code: code ?? 1, output } : { kind: why, output });
    });
  });
  return { ended, kill: () => end('killed') };
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The group is gone already, which is what was wanted.
  }
}

/** Failing tests as Node's test runner names them, in either of its formats. */
export function annotationsIn(output: string, folder: string): Annotation[] {
  const places = [...output.matchAll(/^\s*(?:test at|location:) '?(.+?):(\d+):\d+'?$/gm)];
  const named = places.map(([, file = '', line = '1']) => ({ path: relativeTo(folder, file), line: Number(line) }));
  const inside = named.filter((place) => !place.path.startsWith('..'));
  const distinct = new Map(inside.map((place) => [`${place.path}:${place.line}`, place]));
  return [...distinct.values()].slice(0, annotationsMax).map(({ path, line }) => ({
    path,
    startLine: line,
    endLine: line,
    level: 'failure',
    message: 'This test failed.',
    title: null,
  }));
}

function relativeTo(folder: string, file: string): string {
  return file.startsWith('/') ? relative(folder, file) : file;
}
