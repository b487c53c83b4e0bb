/** A forge that lies about a merge is found out within one look, people are called, and nothing lands there any more. */
import type { OracleMaker } from './oracle.ts';

export const freeze: OracleMaker = ({ plan, violation, keep }) => {
  const own = keep({ corruptAt: null as number | null, merges: 0, looks: 0, called: false, excused: false });
  return {
    see: (happening, at) => {
      if (plan.rules.corrupt === null) return;
      if (happening.kind === 'merged' && happening.by === 'bot') {
        if (own.corruptAt !== null && !own.excused)
          violation(`#${happening.number} was merged after a merge that landed wrong`);
        if (own.merges === plan.rules.corrupt.merge) own.corruptAt ??= at;
        own.merges += 1;
      }
      if (happening.kind === 'thawed' && own.corruptAt !== null) own.excused = true;
      if (own.corruptAt === null) return;
      if (happening.kind === 'reported' && happening.key.startsWith('frozen:')) own.called = true;
      if (happening.kind === 'looked' && happening.clear && happening.begun >= own.corruptAt) own.looks += 1;
    },
    end: () => {
      if (own.corruptAt !== null && !own.called)
        violation(`a merge landed wrong and nobody was called, ${own.looks} looks later`);
    },
  };
};
