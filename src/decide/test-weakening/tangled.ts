/** What is too large or too entangled to be read in the time a tick has: nobody writes so, and a person is asked instead. */
import type { Masked } from './masked.ts';
import type { TestCase } from './test-case.ts';

const DEPTH_MAX = 80;
const LINE_MAX = 5_000;
export const TESTS_MAX = 1_000;
export const ASSERTIONS_MAX = 3_000;
/** How often each character may lie in a test within a test, on average. */
const NESTED_MAX = 12;

export function isTangled({ bare }: Masked): boolean {
  let depth = 0;
  let column = 0;
  for (const one of bare) {
    if ('([{'.includes(one)) depth += 1;
    else if (')]}'.includes(one)) depth = Math.max(0, depth - 1);
    column = one === '\n' ? 0 : column + 1;
    if (depth > DEPTH_MAX || column > LINE_MAX) return true;
  }
  return false;
}

export function isTooMuch({ bare }: Masked, cases: readonly TestCase[], assertions: number): boolean {
  const covered = cases.reduce((sum, { start, end }) => sum + end - start, 0);
  return cases.length > TESTS_MAX || assertions > ASSERTIONS_MAX || covered > NESTED_MAX * bare.length;
}
