/** Plants one bug into a copy of the sources and lets the oracles look for it there, in a process of its own. */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { type JobResult, NOTHING } from '../job.ts';
import type { Found } from './hunted.ts';
import { mutantNamed } from './mutants.ts';

/** All that a simulation is made of. */
const COPIED = [
  'package.json',
  'src/domain',
  'src/decide',
  'src/heartbeat',
  'src/store',
  'test/simulation',
  'test/decide/make.ts',
  'test/world/random.ts',
];
const ROOT = join(import.meta.dirname, '../../..');
const MINUTES_MAX = 5;

/**
 * Copies of the sources, one for each thread, which are planted in one bug after the other: what node has compiled of a file
 * it finds again under the same name only, and compiling all of them is most of what a hunt takes.
 */
const GROUNDS = join(tmpdir(), `heartline-mutants-${process.pid}`);

/** Before the first hunt and after the last. */
export function clearGrounds(): void {
  rmSync(GROUNDS, { recursive: true, force: true });
}

export async function hunt(name: string, seeds: number): Promise<JobResult> {
  const mutant = mutantNamed(name);
  const source = readFileSync(join(ROOT, mutant.file), 'utf8');
  const times = source.split(mutant.from).length - 1;
  if (times !== 1) {
    const trouble = `${JSON.stringify(mutant.from)} stands ${times} times in ${mutant.file}, not once: plant it anew`;
    return { ...NOTHING, caught: { mutant: name, after: null, by: '', trouble } };
  }
  const ground = prepared();
  const planted = join(ground, mutant.file);
  writeFileSync(
    planted,
    source.replace(mutant.from, () => mutant.to),
  );
  try {
    const seen = mutant.seen === undefined ? [] : ['--seen', String(mutant.seen)];
    const told = await ask(ground, ['--hunt', String(seeds), '--aim', mutant.aim.join(','), ...seen]);
    const { after, by, apartMs } = JSON.parse(told) as Found;
    return { ...NOTHING, apartMs, caught: { mutant: name, after, by, trouble: null } };
  } finally {
    writeFileSync(planted, source);
  }
}

/** This thread's copy, with no bug in it. */
function prepared(): string {
  const ground = join(GROUNDS, String(threadId));
  if (existsSync(ground)) return ground;
  mkdirSync(ground, { recursive: true });
  for (const path of COPIED) cpSync(join(ROOT, path), join(ground, path), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(ground, 'node_modules'));
  return ground;
}

function ask(ground: string, words: readonly string[]): Promise<string> {
  const program = join(ground, 'test/simulation/run.ts');
  const child = spawn(process.execPath, [program, ...words], {
    cwd: ground,
    env: { ...process.env, NODE_COMPILE_CACHE: join(GROUNDS, 'compiled') },
    timeout: MINUTES_MAX * 60_000,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let errors = '';
  child.stdout.on('data', (part: Buffer) => {
    out += part.toString();
  });
  child.stderr.on('data', (part: Buffer) => {
    errors += part.toString();
  });
  return new Promise((resolve) => {
    // A copy that cannot even be loaded shows nothing of what the oracles see: it is not caught.
    const failed = (): Found => ({ after: null, by: `the hunt itself failed: ${errors.slice(-300)}`, apartMs: 0 });
    child.on('close', (code) => resolve(code === 0 ? out : JSON.stringify(failed())));
  });
}
