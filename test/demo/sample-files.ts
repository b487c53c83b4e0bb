/** The sample repository of the demo, as files, and the two commands that judge it: the agents' own and CI's. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** Every file of the repository by its path. */
export function sampleFiles(): Readonly<Record<string, string>> {
  const files = readdirSync(ROOT, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  return Object.fromEntries(
    files.map((file) => [relative(ROOT, file).replaceAll(sep, '/'), readFileSync(file, 'utf8')]),
  );
}

const ROOT = join(import.meta.dirname, 'sample');

/** The sample's own `npm test`, spelled out: starting npm takes longer than the tests. */
export const VERIFY_COMMAND = 'node --test --test-isolation=none test/*.test.js';

export const VERIFY_COMMANDS: readonly string[] = [VERIFY_COMMAND];

export const LINT_COMMAND = 'node scripts/lint.js';

/** CI asks for more than the agents verify, so a change can be green here and red there. */
export const CI_COMMAND: readonly string[] = ['bash', '-c', `${LINT_COMMAND} && ${VERIFY_COMMAND}`];
