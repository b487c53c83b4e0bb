/** What people are told when the quota of Linear or GitHub runs low: once for each change to worse, and in `status`. */
import type { Report } from '../domain/action.ts';
import type { InterfacePressure, Level, Pressure } from '../domain/pressure.ts';

const HOUR_MS = 3_600_000;

const MEANING: Readonly<Record<Level, string>> = {
  normal: 'nothing is held back',
  careful: 'it is looked at once a minute',
  scarce: 'it is looked at every 2 minutes, and progress is told less often',
  exhausted: 'it is looked at every 4 minutes at most; merges and stops go first, everything else waits',
};

/** "GitHub's quota is scarce (612 of 5,000 points left): …" */
export function limitText(name: string, { level, because }: Pick<InterfacePressure, 'level' | 'because'>): string {
  return `${name}'s quota is ${level}${because === '' ? '' : ` (${because})`}: ${MEANING[level]}.`;
}

/** A level that is reached, left and reached again within the hour is told once. */
export function limitReports({ linear, github }: Pressure): readonly Report[] {
  return (
    [
      ['Linear', linear],
      ['GitHub', github],
    ] as const
  ).flatMap(([name, pressure]): readonly Report[] => {
    if (pressure.level === 'normal' || !pressure.worse) return [];
    const text = limitText(name, pressure);
    const key = `limits:${name.toLowerCase()}:${pressure.level}:${Math.floor(pressure.since / HOUR_MS)}`;
    return [{ kind: 'report', key, event: 'trouble', text, subject: null, reason: text }];
  });
}
