/** A forge that lies about a merge is found out within one look, people are called, and nothing lands there any more. */
import type { OracleMaker } from './oracle.ts';

/** The look that finds it ends before people are called, so they are called by the end of the one after it. */
const LOOKS_MAX = 1;
/** One that finds the merge wrong, one that takes out what waits, and one for what a death in between undid. */
const LOOKS_TO_LEAVE = 3;

export const freeze: OracleMaker = ({ plan, violation, keep }) => {
  const own = keep({ corruptAt: null as number | null, merges: 0, looks: 0, called: false, excused: false });
  // A call that takes its time goes on beside the looks, and one that failed is made again at its time, not at each look.
  const prompt = plan.faults.length === 0;
  return {
    see: (happening, at) => {
      if (plan.rules.corrupt === null) return;
      const { mergeQueue } = plan.rules;
      if (happening.kind === 'merged' && (happening.by === 'bot' || (happening.by === 'forge' && mergeQueue))) {
        // What waits in the forge's own queue lands by itself until a look or two took it out.
        const seen = !mergeQueue || own.looks >= LOOKS_TO_LEAVE;
        if (own.corruptAt !== null && !own.excused && seen)
          violation(`#${happening.number} was merged after a merge that landed wrong`);
        if (own.merges === plan.rules.corrupt.merge) own.corruptAt ??= at;
        own.merges += 1;
      }
      if (happening.kind === 'thawed' && own.corruptAt !== null) own.excused = true;
      if (own.corruptAt === null) return;
      if (happening.kind === 'reported' && happening.key.startsWith('frozen:')) own.called = true;
      // What was found out and told nobody died with its finder.
      if (happening.kind === 'started' && !own.called) own.looks = 0;
      if (happening.kind !== 'looked' || !happening.clear || happening.begun < own.corruptAt) return;
      own.looks += 1;
      if (prompt && !own.called && own.looks > LOOKS_MAX)
        violation(`a merge landed wrong and nobody was called, ${own.looks} clear looks later`);
    },
    end: () => {
      if (own.corruptAt !== null && !own.called) violation('a merge landed wrong and nobody was ever called');
    },
  };
};
