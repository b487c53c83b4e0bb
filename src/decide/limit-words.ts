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

type Told = Pick<InterfacePressure, 'level' | 'because' | 'hourlySince'>;

/** "GitHub's quota is scarce (612 of 5,000 points left): …" */
export function limitText(name: string, { level, because, hourlySince }: Told): string {
  const why = because === '' ? '' : ` (${because})`;
  if (hourlySince !== null)
    return `${name} refused again and again for its limits${why}: it is tried only once an hour until it answers, merges and stops included. See what else uses the same account; a restart tries at once.`;
  return `${name}'s quota is ${level}${why}: ${MEANING[level]}.`;
}

/**
 * A level that is reached, left and reached again within the hour is told once. That it is tried only once an hour is told when
 * it begins, for people were told of minutes before.
 */
export function limitReports({ linear, github }: Pressure): readonly Report[] {
  return (
    [
      ['Linear', linear],
      ['GitHub', github],
    ] as const
  ).flatMap(([name, pressure]): readonly Report[] => {
    if (pressure.level === 'normal' || !pressure.worse) return [];
    const text = limitText(name, pressure);
    const { level, since, hourlySince } = pressure;
    const what = hourlySince === null ? `${level}:${Math.floor(since / HOUR_MS)}` : `hourly:${hourlySince}`;
    const key = `limits:${name.toLowerCase()}:${what}`;
    return [{ kind: 'report', key, event: 'trouble', text, subject: null, reason: text }];
  });
}
