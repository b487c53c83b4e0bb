/** Runs one of the machine's own programs to its end, for what it does and not for what it says. */
import { launch } from './launch.ts';
import { withParentDeath } from './parent-death.ts';

const COMPLAINT_BYTES_MAX = 2_000;

/** Resolves when it ended well; rejects with what it said otherwise, or when it took longer than `timeoutMs`. */
export function runProgram(argv: readonly string[], timeoutMs: number): Promise<void> {
  const [program = '', ...args] = withParentDeath(argv);
  const env = { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C' };
  const child = launch(program, args, { cwd: '/', env, stdio: ['ignore', 'ignore', 'pipe'] });
  let complaints = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaints = (complaints + chunk.toString('utf8')).slice(-COMPLAINT_BYTES_MAX);
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
  return new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code: number | null) => {
      if (code === 0) resolve();
      else reject(new Error(`${argv.join(' ')} ended with ${code ?? 'a signal'}: ${complaints.trim()}`));
    });
  }).finally(() => clearTimeout(timer));
}
