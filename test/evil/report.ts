/** The table for people: each attempt with the layers that stopped it, and the totals. */
import type { Line } from './row.ts';

const MARKS = { held: 'held', 'not provable': '  ? ', red: 'RED ' } as const;

export function report(
  lines: readonly Line[],
  totals: object,
  found: readonly { readonly canary: string; readonly form: string; readonly where: string }[],
): string {
  const groups = Map.groupBy(lines, (line) => line.group);
  const text = [...groups].flatMap(([group, list]) => [
    `\n${group}`,
    ...list.map(({ verdict, name, stoppedBy, detail }) => {
      const cut = detail.replaceAll(/\s+/g, ' ').slice(0, 110);
      return `  ${MARKS[verdict]}  ${name.padEnd(52)}  ${stoppedBy.join(' + ').padEnd(28)}  ${cut}`;
    }),
  ]);
  const sightings = found.map(({ canary, form, where }) => `  FOUND  ${canary} in ${form}, ${where}`);
  const sums = Object.entries(totals).map(([name, value]) => `  ${name.padEnd(20)} ${value}`);
  return [...text, ...(sightings.length > 0 ? ['\ncanaries', ...sightings] : []), '\ntotals', ...sums, ''].join('\n');
}
