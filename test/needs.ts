/**
 * What a test needs of the machine. An unmet need skips the test and is noted for the list at the end of the run; with
 * HEARTLINE_REQUIRE_ALL=1 it is a failure. Nothing that could be installed is skipped in any other way.
 */

import { appendFileSync } from 'node:fs';

type Need = 'another-user' | 'bwrap' | 'cgroup' | 'docker' | 'older-node' | 'pip' | 'podman' | 'root';

interface Unless {
  readonly skip: string | false;
}

const noted = new Set<string>();

/** Gives the `skip` option of a test: false when the need is met, else why. `install` is the line that mends it. */
export function need(name: Need, available: boolean, install: string): Unless {
  if (!available && process.env.HEARTLINE_REQUIRE_ALL === '1') throw new Error(`needs ${name}: ${install}`);
  return wish(name, available, install);
}

/** The same for what cannot be asked of every machine, not even where everything is: listed, and never a failure. */
export function wish(name: Need, available: boolean, install: string): Unless {
  if (available) return { skip: false };
  const list = process.env.HEARTLINE_NEEDS_FILE;
  if (list !== undefined && list !== '' && !noted.has(name)) {
    noted.add(name);
    appendFileSync(list, `${JSON.stringify({ name, install })}\n`);
  }
  return { skip: `needs ${name}: ${install}` };
}
