/** A write that is denied for good ends in people's hands: they are told in time, and nothing goes on trying for ever. */
import type { OracleMaker } from './oracle.ts';
import { type Rest, restOf } from './settled.ts';

const TOLD_MS_MAX = 2 * 3_600_000;
/** Some of it can be done without, and a thread that stays open is a person's to close. */
const ENDS: ReadonlySet<Rest> = new Set(['parked', 'merged', 'waiting-for-a-person']);

export const denied: OracleMaker = ({ world, plan, violation, keep }) => {
  const own = keep({ since: null as number | null, told: new Set<string>() });
  const untold = (): readonly string[] =>
    plan.tickets.map(({ key }) => key).filter((key) => own.since !== null && !own.told.has(key));
  const what = plan.denied.join(', ');
  return {
    see: (happening, at) => {
      if (plan.denied.length === 0) return;
      if (happening.kind === 'fault' && happening.fault === 'denied') own.since ??= at;
      if (happening.kind !== 'reported' || own.since === null || at - own.since > TOLD_MS_MAX) return;
      // That it is merged says nothing of what was left out.
      if (happening.key.startsWith('merged:')) return;
      for (const { key } of plan.tickets) if (happening.text.includes(key)) own.told.add(key);
    },
    pending: () => untold().length > 0,
    end: () => {
      if (plan.denied.length === 0) return;
      if (own.since === null) violation(`${what} was never asked for`);
      for (const key of untold()) violation(`${what} is denied and nobody was told of ${key}`);
      for (const ticket of plan.tickets) {
        const rest = restOf(world, ticket);
        if (!ENDS.has(rest)) violation(`${what} is denied and ${ticket.key} is ${rest}`);
      }
    },
  };
};
