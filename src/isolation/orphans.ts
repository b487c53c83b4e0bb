/**
 * The mark that commands carry, and the end of those whose bot is no more. Commands die with the bot by themselves, but
 * not one that was killed in the few milliseconds in which its room was still being made; so each start looks once.
 */

import { randomUUID } from 'node:crypto';
import { killMarked, processSpace, startOf } from './process-tree.ts';

/** Environment variable of what the bot spawns: owner's process number, its start time, and the command. No secret. */
export const MARK = 'HEARTLINE_COMMAND';

/** A new value for MARK. */
export function commandMark(): string {
  return `${process.pid}-${startOf(process.pid) ?? 'unknown'}-${processSpace()}/${randomUUID()}`;
}

/** Ends what a killed bot left running: commands whose mark names an owner that is no more. */
export async function endOrphans(): Promise<void> {
  const owners = new Set<string>();
  await killMarked((environment) => {
    const owner = ownerOf(environment);
    if (owner !== null) owners.add(owner);
    return false;
  });
  const dead = new Set<string>();
  for (const owner of owners) {
    const [pid, started, space] = owner.split('-');
    // Numbers mean something only among the processes that share them: the bot of a container is not ours to judge.
    if (space !== processSpace()) continue;
    if (startOf(Number(pid)) !== started) dead.add(owner);
  }
  if (dead.size === 0) return;
  await killMarked((environment) => dead.has(ownerOf(environment) ?? ''));
}

function ownerOf(environment: string): string | null {
  const line = environment.split('\0').find((entry) => entry.startsWith(`${MARK}=`));
  return line?.slice(MARK.length + 1).split('/')[0] ?? null;
}
