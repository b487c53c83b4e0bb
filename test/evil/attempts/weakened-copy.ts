/** A copy of the product and its tests in which some places of the sources are changed, and in which attempts are played. */
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { copyFile, cp, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Takes a layer away at one place. */
export interface Change {
  readonly file: string;
  /** Stands exactly once in the file; what no longer does is told, so that no proof goes stale in silence. */
  readonly from: string;
  readonly to: string;
}

const COPIED = ['package.json', 'HEARTBEAT.md', 'config', 'prompts', 'src', 'test'];
const ROOT = join(import.meta.dirname, '../../..');
/** What runs there. */
const PROGRAM = relative(ROOT, fileURLToPath(new URL('play-in-copy.ts', import.meta.url)));
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
const MINUTES_MAX = 5;

/** Copies that nobody uses just now, with the sources as they are: making one takes as long as some attempts do. */
const idle: string[] = [];
const all: string[] = [];
process.once('exit', () => {
  for (const folder of all) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** Gives what the program wrote as JSON. Rejects when a change finds no place, or when the program failed. */
export async function inWeakenedCopy<T>(changes: readonly Change[], words: readonly string[]): Promise<T> {
  const folder = idle.pop() ?? (await copy());
  const files = [...new Set(changes.map(({ file }) => file))];
  try {
    for (const change of changes) await weaken(folder, change);
    return JSON.parse(await run(folder, words)) as T;
  } finally {
    for (const file of files) await copyFile(join(ROOT, file), join(folder, file));
    idle.push(folder);
  }
}

async function copy(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'heartline-weak-'));
  all.push(folder);
  for (const path of COPIED) await cp(join(ROOT, path), join(folder, path), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

async function weaken(folder: string, { file, from, to }: Change): Promise<void> {
  const path = join(folder, file);
  const source = await readFile(path, 'utf8');
  const times = source.split(from).length - 1;
  if (times !== 1)
    throw new Error(`${JSON.stringify(from)} stands ${times} times in ${file}, not once: take the layer away anew`);
  await writeFile(
    path,
    source.replace(from, () => to),
  );
}

async function run(folder: string, words: readonly string[]): Promise<string> {
  const options = {
    cwd: folder,
    timeout: MINUTES_MAX * 60_000,
    killSignal: 'SIGKILL',
    maxBuffer: OUTPUT_BYTES_MAX,
    // The next process in this copy need not read all of it anew.
    env: { ...process.env, NODE_COMPILE_CACHE: join(folder, '.compiled') },
  } as const;
  return (await promisify(execFile)(process.execPath, [join(folder, PROGRAM), ...words], options)).stdout;
}
