/**
 * What a test needs of the machine. An unmet need skips the test and is noted for the list at the end of the run; with
 * HEARTLINE_REQUIRE_ALL=1 it is a failure.
 */

import { appendFileSync } from 'node:fs';

export type Need = 'bwrap' | 'docker' | 'git' | 'git-http-backend' | 'pip';

const noted = new Set<string>();

/** Gives the `skip` option of a test: false when the need is met, else why. `install` is the line that mends it. */
export function need(name: Need, available: boolean, install: string): { readonly skip: string | false } {
  if (available) return { skip: false };
  if (process.env.HEARTLINE_REQUIRE_ALL === '1') throw new Error(`needs ${name}: ${install}`);
  const list = process.env.HEARTLINE_NEEDS_FILE;
  if (list !== undefined && list !== '' && !noted.has(name)) {
    noted.add(name);
    appendFileSync(list, `${JSON.stringify({ name, install })}\n`);
  }
  return { skip: `needs ${name}: ${install}` };
}
