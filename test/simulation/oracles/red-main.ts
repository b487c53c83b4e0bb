/** What the bot merged and turned main red is called out, taken back by the bot itself, and then merging goes on. */
import { judge } from '../world/ci.ts';
import { keyOfPull, type OracleMaker } from './oracle.ts';

/** After one of these the bot may well leave it to a person. */
const LASTING: ReadonlySet<string> = new Set(['unauthorised', 'refused', 'invalid']);

export const redMain: OracleMaker = (court) => {
  const { world, plan, violation } = court;
  const { git, hub } = world;
  let broken: string | null = null;
  let called = false;
  let thawed = false;
  const left =
    plan.acts.length > 0 || plan.rules.corrupt !== null || plan.faults.some(({ fault }) => LASTING.has(fault));
  return {
    see: (happening) => {
      if (happening.kind === 'reported' && happening.key.startsWith('red:')) called = true;
      if (happening.kind === 'reported' && happening.key.startsWith('thawed:')) thawed = true;
      if (happening.kind !== 'merged' || happening.by !== 'bot') return;
      const red = (sha: string): boolean => !judge(git.get(sha).tree, true).green;
      if (!red(happening.base) && red(happening.commit)) broken = keyOfPull(court, happening.number);
    },
    pending: () => broken !== null && !thawed && !left,
    end: () => {
      if (broken === null || left) return;
      if (!judge(git.get(hub.tip('main')).tree, true).green) violation(`main stayed red after the merge of ${broken}`);
      else if (!called) violation(`main was red after the merge of ${broken}, and nobody was called`);
      else if (!thawed) violation(`main is green again after ${broken}, and merging never went on`);
    },
  };
};
