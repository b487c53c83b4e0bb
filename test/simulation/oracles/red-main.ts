/** What the bot merged and turned main red is called out, taken back by the bot itself, and then merging goes on. */
import { judge } from '../world/ci.ts';
import { keyOfBranch, keyOfPull, type OracleMaker } from './oracle.ts';

/** After one of these the bot may well leave it to a person. */
const LASTING: ReadonlySet<string> = new Set(['unauthorised', 'refused', 'invalid']);

export const redMain: OracleMaker = (court) => {
  const { world, plan, violation, keep } = court;
  const { git, hub } = world;
  const own = keep({ broken: null as string | null, called: false, thawed: false });
  const left =
    plan.acts.length > 0 || plan.rules.corrupt !== null || plan.faults.some(({ fault }) => LASTING.has(fault));
  return {
    see: (happening) => {
      if (happening.kind === 'reported' && happening.key.startsWith('red:')) own.called = true;
      if (happening.kind === 'reported' && happening.key.startsWith('thawed:')) own.thawed = true;
      if (happening.kind === 'opened' && happening.by === 'bot' && happening.branch.includes('-revert-')) {
        const taken = keyOfBranch(happening.branch);
        if (own.broken !== null && taken !== own.broken && !left)
          violation(`${taken} is taken back although ${own.broken} turned main red`);
      }
      if (happening.kind !== 'merged' || happening.by !== 'bot') return;
      const red = (sha: string): boolean => !judge(git.get(sha).tree, true).green;
      if (!red(happening.base) && red(happening.commit)) own.broken = keyOfPull(court, happening.number);
    },
    pending: () => own.broken !== null && !own.thawed && !left,
    end: () => {
      if (own.broken === null || left) return;
      if (!judge(git.get(hub.tip('main')).tree, true).green)
        violation(`main stayed red after the merge of ${own.broken}`);
      else if (!own.called) violation(`main was red after the merge of ${own.broken}, and nobody was called`);
      else if (!own.thawed) violation(`main is green again after ${own.broken}, and merging never went on`);
    },
  };
};
