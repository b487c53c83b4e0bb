/** The files a configuration is read from: bounded reads, each remembered, so that one digest tells whether anything changed. */
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { isAbsolute, relative } from 'node:path';
import type { ConfigFault } from './config-error.ts';

export interface ConfigInputs {
  /** Null, and a fault, when the file cannot be read. `hint` is for whoever has no such file. */
  readonly text: (path: string, what: string, hint?: string) => Promise<string | null>;
  /** Names in the folder, sorted. Null, and a fault, when it cannot be read. */
  readonly names: (folder: string, what: string) => Promise<readonly string[] | null>;
  /** The path as a person would type it from where the command was started. */
  readonly shown: (path: string) => string;
  readonly faults: ConfigFault[];
  readonly paths: () => readonly string[];
  readonly digest: () => string;
}

const FILE_BYTES_MAX = 1_000_000;

export function createConfigInputs(cwd: string): ConfigInputs {
  const contents = new Map<string, string>();
  const faults: ConfigFault[] = [];
  const shown = (path: string) => {
    const short = relative(cwd, path);
    return short.startsWith('..') || isAbsolute(short) ? path : short;
  };
  const attempt = async <T>(
    path: string,
    what: string,
    read: () => Promise<T>,
    hint: string | null = null,
  ): Promise<T | null> => {
    try {
      return await read();
    } catch (error) {
      contents.set(path, UNREADABLE);
      const found = error instanceof Error ? reasonOf(error) : String(error);
      const absent = found === NO_FILE || found === FOLDER;
      faults.push({ file: shown(path), line: null, key: '', expected: what, found, hint: absent ? hint : null });
      return null;
    }
  };
  return {
    text: (path, what, hint) =>
      attempt(
        path,
        what,
        async () => {
          const content = await readBounded(path);
          contents.set(path, content);
          return content;
        },
        hint,
      ),
    names: (folder, what) =>
      attempt(folder, what, async () => {
        const names = await namesIn(folder);
        contents.set(folder, names);
        return names.split('\n');
      }),
    shown,
    faults,
    paths: () => [...contents.keys()],
    digest: () => digestOf(contents),
  };
}

/** The digest of what stands there now. Contents decide, not times: a same-second edit of the same length counts, a `touch` does not. */
export async function digestNow(paths: readonly string[]): Promise<string> {
  const read = async (path: string) =>
    readBounded(path)
      .catch(() => namesIn(path))
      .catch(() => UNREADABLE);
  return digestOf(new Map(await Promise.all(paths.map(async (path) => [path, await read(path)] as const))));
}

const UNREADABLE = '(unreadable)';
const NO_FILE = 'no such file';
const FOLDER = 'a folder of that name';

async function readBounded(path: string): Promise<string> {
  const { size } = await stat(path);
  if (size > FILE_BYTES_MAX) throw new Error(`${size} bytes, more than the ${FILE_BYTES_MAX} a settings file may have`);
  return readFile(path, 'utf8');
}

async function namesIn(folder: string): Promise<string> {
  return (await readdir(folder)).sort().join('\n');
}

function digestOf(contents: ReadonlyMap<string, string>): string {
  const hash = createHash('sha256');
  for (const [path, content] of contents) hash.update(`${path}\n${content.length}\n${content}\n`);
  return hash.digest('hex');
}

function reasonOf(error: Error): string {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return NO_FILE;
  if (code === 'EISDIR') return FOLDER;
  if (code === 'EACCES') return 'a file this user may not read';
  return error.message;
}
