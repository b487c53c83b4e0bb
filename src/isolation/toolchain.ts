/** Finds the node and npm that run the bot, and the operator's extra tool folders, so that commands inside have them too. */

import { accessSync, constants, existsSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, delimiter, dirname, isAbsolute, join } from 'node:path';

export interface Toolchain {
  /** The node binary itself, links resolved. */
  readonly node: string;
  /** Package folder of npm; null when none is on PATH. */
  readonly npm: string | null;
  /** Extra folders, links resolved. */
  readonly extra: readonly string[];
}

export function findToolchain(extra: readonly string[]): Toolchain {
  return { node: realpathSync(process.execPath), npm: findNpm(), extra: extra.map(checked) };
}

/** The same with a project's own folders besides. */
export function withExtra(toolchain: Toolchain, folders: readonly string[]): Toolchain {
  if (folders.length === 0) return toolchain;
  return { ...toolchain, extra: [...toolchain.extra, ...folders.map(checked)] };
}

/** PATH entries of the extra folders: their bin where they have one. */
export function extraPath(toolchain: Toolchain): readonly string[] {
  return toolchain.extra.map((folder) => (existsSync(join(folder, 'bin')) ? join(folder, 'bin') : folder));
}

/** Finds a program on the bot's own PATH. */
export function findProgram(name: string): string | null {
  for (const folder of (process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin').split(delimiter)) {
    const path = join(folder, name);
    if (!isAbsolute(folder)) continue;
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

function findNpm(): string | null {
  const found = findProgram('npm');
  if (found === null) return null;
  const script = realpathSync(found);
  const folder = dirname(dirname(script));
  return basename(script) === 'npm-cli.js' && existsSync(join(folder, 'package.json')) ? folder : null;
}

/** A folder so wide that it would open the whole machine is a mistake in the configuration, found at start. */
function checked(folder: string): string {
  if (!isAbsolute(folder) || !existsSync(folder)) {
    throw new Error(`toolchains: "${folder}" must be an absolute path of a folder that exists`);
  }
  const real = realpathSync(folder);
  const home = homedir();
  if (real === '/' || home === real || home.startsWith(`${real}/`)) {
    throw new Error(
      `toolchains: "${folder}" would show the whole home folder or machine to agents; name the tool's folder`,
    );
  }
  return real;
}
