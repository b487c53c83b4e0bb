/** Plants one bug into a copy of the sources and lets the oracles look for it there, in a process of its own. */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type JobResult, NOTHING } from '../job.ts';
import type { Found } from './hunted.ts';
import { type Mutant, mutantNamed } from './mutants.ts';

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

export async function hunt(name: string, seeds: number): Promise<JobResult> {
  const mutant = mutantNamed(name);
  const folder = mkdtempSync(join(tmpdir(), 'heartline-mutant-'));
  try {
    const trouble = plant(mutant, folder);
    if (trouble !== null) return { ...NOTHING, caught: { mutant: name, after: null, by: '', trouble } };
    const seen = mutant.seen === undefined ? [] : ['--seen', String(mutant.seen)];
    const told = await ask(folder, ['--hunt', String(seeds), '--aim', mutant.aim.join(','), ...seen]);
    const { after, by, apartMs } = JSON.parse(told) as Found;
    return { ...NOTHING, apartMs, caught: { mutant: name, after, by, trouble: null } };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Null when it was planted; otherwise why it could not be. */
function plant({ file, from, to }: Mutant, folder: string): string | null {
  const source = readFileSync(join(ROOT, file), 'utf8');
  const times = source.split(from).length - 1;
  if (times !== 1) return `${JSON.stringify(from)} stands ${times} times in ${file}, not once: plant it anew`;
  for (const path of COPIED) cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(
    join(folder, file),
    source.replace(from, () => to),
  );
  return null;
}

function ask(folder: string, words: readonly string[]): Promise<string> {
  const program = join(folder, 'test/simulation/run.ts');
  const child = spawn(process.execPath, [program, ...words], {
    cwd: folder,
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
