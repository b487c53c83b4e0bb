/** The log as a person reads it: seconds since the beginning, what happened, and the few facts that tell one from another. */

import type { Plan } from './plan.ts';
import type { Outcome } from './play.ts';
import type { Line } from './world/world.ts';

export function readableLog(log: readonly Line[]): string {
  const begin = log[0]?.at ?? 0;
  return log
    .filter(({ happening }) => happening.kind !== 'looked')
    .map(({ at, happening }) => {
      const { kind, ...facts } = happening;
      const words = Object.entries(facts).map(([name, value]) => `${name}=${shortened(value)}`);
      return `${((at - begin) / 1_000).toFixed(1).padStart(8)}  ${kind.padEnd(16)} ${words.join(' ')}`;
    })
    .join('\n');
}

export function readablePlan(plan: Plan): string {
  const when = (one: Plan['acts'][number]['when']): string =>
    'ms' in one ? `${one.ms / 1_000} s` : `call ${one.call}`;
  return [
    `scenario ${plan.scenario}, seed ${plan.seed}`,
    `tickets ${plan.tickets.map((one) => `${one.key} (${one.expect})`).join(', ')}`,
    `acts    ${plan.acts.map((one) => `${one.act.kind} ${one.act.key} at ${when(one.when)}`).join(', ') || 'none'}`,
    `faults  ${plan.faults.map((one) => `${one.fault}@${one.call}`).join(', ') || 'none'}`,
    `denied  ${plan.denied.join(', ') || 'none'}`,
    `kills   ${plan.kills.join(', ') || 'none'}`,
    `more    wakes lost ${plan.wakeLoss}, lists late by ${plan.staleMs / 1_000} s, clock ${plan.skews.map((one) => `${one.skewMs / 3_600_000} h at ${one.atMs / 1_000} s`).join(', ') || 'right'}`,
  ].join('\n');
}

export function readableOutcome({ violations, rests, hash, points, steps, simulatedMs }: Outcome): string {
  const ends = Object.entries(rests).map(([key, rest]) => `${key} ${rest}`);
  return [
    `ends    ${ends.join(', ')}`,
    `${steps} calls, ${points.length} kill points, ${(simulatedMs / 60_000).toFixed(1)} simulated minutes, log ${hash.slice(0, 16)}`,
    ...(violations.length === 0 ? ['no violation'] : violations.map((one) => `VIOLATION ${one}`)),
  ].join('\n');
}

function shortened(value: unknown): string {
  const text = typeof value === 'string' ? (value.split('\n')[0] ?? '') : (JSON.stringify(value) ?? '');
  return text.replace(/\b([0-9a-f]{7})[0-9a-f]{33}\b/g, '$1').slice(0, 160);
}
