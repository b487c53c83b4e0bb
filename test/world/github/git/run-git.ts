// Runs git for the stand-in: never more than a few at once, and deaf to whatever this machine's own git is set up to do.
import { launch } from '../../../../src/processes/launch.ts';

const processesMax = 4;
const outputBytesMax = 64 * 1024 * 1024;

/** What git printed, and how it ended. */
export interface GitOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a single call may add. `codes` are the exit codes that are answers and no failures. */
export interface GitOptions {
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly codes?: readonly number[];
}

/** An environment in which no global or system setting, hook, signature, proxy or prompt of this machine can interfere. */
export const plainGitEnvironment: Readonly<Record<string, string>> = {
  PATH: process.env.PATH ?? '/usr/bin:/bin',
  HOME: '/nonexistent',
  LC_ALL: 'C',
  TZ: 'UTC',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_AUTHOR_NAME: 'stand-in',
  GIT_AUTHOR_EMAIL: 'stand-in@example.invalid',
  GIT_COMMITTER_NAME: 'stand-in',
  GIT_COMMITTER_EMAIL: 'stand-in@example.invalid',
};

let running = 0;
const waiting: (() => void)[] = [];

/** Runs `git <arguments>` in a folder and gives what it said; an exit code nobody expects is an error with git's words. */
export async function runGit(
  directory: string,
  argv: readonly string[],
  options: GitOptions = {},
): Promise<GitOutcome> {
  if (running >= processesMax) await new Promise<void>((go) => waiting.push(go));
  else running += 1;
  try {
    const outcome = await spawnGit(directory, argv, options);
    if (!(options.codes ?? [0]).includes(outcome.code)) {
      throw new Error(
        `git ${argv.join(' ')} ended with ${outcome.code}: ${outcome.stderr.trim() || outcome.stdout.trim()}`,
      );
    }
    return outcome;
  } finally {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  }
}

/** The same, for the usual case that only the trimmed output matters. */
export async function gitText(directory: string, argv: readonly string[], options: GitOptions = {}): Promise<string> {
  return (await runGit(directory, argv, options)).stdout.trim();
}

/** By the product's way of starting processes: a world with much in memory is slow to start one itself, and stands still meanwhile. */
export function startGit(directory: string, argv: readonly string[], environment: Readonly<Record<string, string>>) {
  return launch('git', argv, { cwd: directory, env: environment, stdio: ['pipe', 'pipe', 'pipe'] });
}

function spawnGit(directory: string, argv: readonly string[], options: GitOptions): Promise<GitOutcome> {
  return new Promise((resolve, reject) => {
    const child = startGit(directory, argv, { ...plainGitEnvironment, ...options.environment });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let bytes = 0;
    child.stdout?.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= outputBytesMax) stdout.push(chunk);
    });
    child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.on('error', reject);
    child.on('close', (code: number | null) => {
      if (bytes > outputBytesMax) reject(new Error(`git ${argv.join(' ')} printed ${bytes} bytes`));
      else
        resolve({
          code: code ?? -1,
          stdout: Buffer.concat(stdout).toString('utf8'),
          stderr: Buffer.concat(stderr).toString('utf8'),
        });
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.input ?? '');
  });
}
