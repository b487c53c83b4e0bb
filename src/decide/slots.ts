/** Which of the wanted runs may start now: what is begun goes before what is new, and nothing passes a limit. */
import type { Dispatch } from '../domain/action.ts';
import { isLive, type Role, type Run } from '../domain/run.ts';
import type { Settings } from '../domain/settings.ts';

export interface Slots {
  /** Takes a slot for the role and returns null, or says why there is none. */
  take(role: Role): string | null;
}

export function openSlots(settings: Settings, runs: readonly Run[], accepting: boolean): Slots {
  const live = runs.filter((run) => isLive(run.state));
  let total = live.length;
  const byRole = new Map<Role, number>();
  for (const run of live) byRole.set(run.role, (byRole.get(run.role) ?? 0) + 1);
  return {
    take(role) {
      if (!accepting) return 'The bot is stopping: nothing new is started.';
      const limits = settings.roles[role];
      if (limits === undefined)
        return `No model is configured for the role ${role}: add roles.${role} to heartline.yaml.`;
      if (total >= settings.limits.runsMax) return `All ${settings.limits.runsMax} slots are taken.`;
      const used = byRole.get(role) ?? 0;
      if (used >= limits.concurrencyMax) return `All ${limits.concurrencyMax} ${role} slots are taken.`;
      total += 1;
      byRole.set(role, used + 1);
      return null;
    },
  };
}

/** True when an equal run is live already: the same subject is never worked on twice at once in one role. */
export function isRunning(dispatch: Dispatch, runs: readonly Run[]): boolean {
  return runs.some(
    (run) =>
      isLive(run.state) &&
      run.role === dispatch.role &&
      run.subject.kind === dispatch.subject.kind &&
      JSON.stringify(run.subject) === JSON.stringify(dispatch.subject),
  );
}
