/** Runs one of the machine's own programs to its end. */
import { launch } from './launch.ts';
import { withParentDeath } from './parent-death.ts';

const OUTPUT_CHARACTERS_MAX = 64 * 1024;
const COMPLAINT_CHARACTERS_MAX = 2_000;

/** Resolves with what it printed, cut at 64 KiB, when it ended well; rejects with what it said otherwise, or when it took longer than `timeoutMs`. */
export function runProgram(argv: readonly string[], timeoutMs: number): Promise<string> {
  const [program = '', ...args] = withParentDeath(argv);
  const env = { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C' };
  const child = launch(program, args, { cwd: '/', env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    output = (output + chunk.toString('utf8')).slice(0, OUTPUT_CHARACTERS_MAX);
  });
  let complaints = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaints = (complaints + chunk.toString('utf8')).slice(-COMPLAINT_CHARACTERS_MAX);
  });
  const end = () => {
    if (child.pid === undefined) return void child.once('spawn', end);
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It ended at this very moment.
    }
  };
  const timer = setTimeout(end, timeoutMs);
  return new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code: number | null) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${argv.join(' ')} ended with ${code ?? 'a signal'}: ${complaints.trim()}`));
    });
  }).finally(() => clearTimeout(timer));
}
