/**
 * The one place where git runs on the host: argv only, an explicit environment that owes nothing to the machine's
 * configuration, a time limit, bounded output, and an end for the whole process group.
 */

import { OutsideError } from '../domain/outside-error.ts';
import { launch } from '../processes/launch.ts';
import { withParentDeath } from '../processes/parent-death.ts';
import { type GitRemote, gitEnvironment, redact } from './git-environment.ts';

export interface GitCommand {
  /** Never a token, never a shell: what stands here is visible to every process of the machine. */
  readonly args: readonly string[];
  /** What this does for a person, for the error: "fetch acme/shop". */
  readonly attempted: string;
  /** An empty folder of ours that stands in for HOME. */
  readonly home: string;
  readonly timeoutMs: number;
  /** Set as GIT_DIR, so that git neither searches for a repository nor argues about who owns it. */
  readonly gitDir?: string;
  readonly remote?: GitRemote;
  readonly environment?: Readonly<Record<string, string>>;
  /** Bytes for standard input, as text or as a stream of file contents. */
  readonly input?: string | AsyncIterable<Uint8Array>;
  /** Output beyond this ends git and sets `truncated`. */
  readonly outputBytesMax?: number;
}

export interface GitResult {
  /** Null when it was ended because its output passed the bound. */
  readonly exitCode: number | null;
  readonly stdout: Buffer;
  /** The last few kilobytes, with any token blacked out. */
  readonly stderr: string;
  readonly truncated: boolean;
}

const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
const STDERR_BYTES_MAX = 16 * 1024;

/** Exit codes are the caller's to judge; only a git that cannot run, or never ends, throws. */
export async function runGit(command: GitCommand): Promise<GitResult> {
  const outputBytesMax = command.outputBytesMax ?? OUTPUT_BYTES_MAX;
  const [program, ...args] = withParentDeath(['git', ...command.args]);
  const child = launch(program ?? 'git', args, {
    cwd: command.home,
    env: gitEnvironment(command),
    stdio: [command.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  const killGroup = () => {
    if (child.pid === undefined) return void child.once('spawn', killGroup);
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // The group is gone already, which is all we wanted.
    }
  };

  const chunks: Buffer[] = [];
  let bytes = 0;
  let truncated = false;
  let timedOut = false;
  let complaints = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    const room = outputBytesMax - bytes;
    if (room > 0) chunks.push(chunk.length > room ? chunk.subarray(0, room) : chunk);
    bytes += chunk.length;
    if (bytes > outputBytesMax && !truncated) {
      truncated = true;
      killGroup();
    }
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    complaints = (complaints + chunk.toString('utf8')).slice(-STDERR_BYTES_MAX);
  });
  const timer = setTimeout(() => {
    timedOut = true;
    killGroup();
  }, command.timeoutMs);

  try {
    const ended = new Promise<{ code: number | null; signal: string | null }>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve({ code, signal }));
    });
    const [{ code, signal }] = await Promise.all([ended, feed(child.stdin, command.input, killGroup)]);
    const stderr = redact(complaints.trim(), command.remote);
    if (timedOut) {
      const seconds = Math.round(command.timeoutMs / 1000);
      throw new OutsideError('unreachable', command.attempted, `git did not finish within ${seconds} s`);
    }
    if (code === null && !truncated) {
      throw new OutsideError('unreachable', command.attempted, `git was ended by ${signal ?? 'a signal'}`);
    }
    return { exitCode: truncated ? null : code, stdout: Buffer.concat(chunks), stderr, truncated };
  } catch (error) {
    killGroup();
    if (error instanceof OutsideError) throw error;
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new OutsideError('missing', command.attempted, 'git is not installed: sudo apt-get install -y git', {
        cause: error,
      });
    }
    throw new OutsideError('unreachable', command.attempted, 'git could not be run', { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

async function feed(
  stdin: NodeJS.WritableStream | null,
  input: GitCommand['input'],
  killGroup: () => void,
): Promise<void> {
  if (stdin === null || input === undefined) return;
  // Git may stop reading early (a broken pack): its exit code tells why, so a broken pipe here is no error.
  let open = true;
  stdin.on('error', () => {
    open = false;
  });
  stdin.on('close', () => {
    open = false;
  });
  try {
    for await (const chunk of typeof input === 'string' ? [input] : input) {
      if (!open) break;
      if (!stdin.write(chunk)) {
        await new Promise<void>((resolve) => {
          stdin.once('drain', resolve);
          stdin.once('close', resolve);
        });
      }
    }
  } catch (error) {
    killGroup();
    throw error;
  }
  stdin.end();
}
