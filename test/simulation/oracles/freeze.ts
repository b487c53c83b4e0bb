/** A forge that lies about a merge is found out within one look, people are called, and nothing lands there any more. */
import type { OracleMaker } from './oracle.ts';

export const freeze: OracleMaker = ({ plan, violation }) => {
  let corruptAt: number | null = null;
  let merges = 0;
  let looks = 0;
  let called = false;
  let excused = false;
  return {
    see: (happening, at) => {
      if (plan.rules.corrupt === null) return;
      if (happening.kind === 'merged' && happening.by === 'bot') {
        if (corruptAt !== null && !excused)
          violation(`#${happening.number} was merged after a merge that landed wrong`);
        if (merges === plan.rules.corrupt.merge) corruptAt ??= at;
        merges += 1;
      }
      if (happening.kind === 'thawed' && corruptAt !== null) excused = true;
      if (corruptAt === null) return;
      if (happening.kind === 'reported' && happening.key.startsWith('frozen:')) called = true;
      if (happening.kind === 'looked' && happening.clear && happening.begun >= corruptAt) looks += 1;
    },
    end: () => {
      if (corruptAt !== null && !called) violation(`a merge landed wrong and nobody was called, ${looks} looks later`);
    },
  };
};
