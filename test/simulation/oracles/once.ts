/** What may happen once happens once: a pull request and a merge for each attempt, a comment, a review, a reply. */
import { keyOfBranch, type OracleMaker } from './oracle.ts';

export const once: OracleMaker = ({ world, violation, keep }) => {
  const { seen } = keep({ seen: new Map<string, number>() });
  const count = (what: string): void => {
    const times = (seen.get(what) ?? 0) + 1;
    seen.set(what, times);
    if (times === 2) violation(`twice: ${what}`);
  };
  const markers = (body: string): readonly string[] => body.match(/<!-- heartline:(?!review:forged)[^>]*-->/g) ?? [];

  return {
    see: (happening) => {
      if (!('by' in happening) || happening.by === 'person' || happening.by === 'stranger') return;
      switch (happening.kind) {
        case 'opened':
          return count(`a pull request from ${happening.branch}`);
        case 'merged': {
          const { branch } = world.hub.pull(happening.number);
          if (keyOfBranch(branch) !== null) count(`the merge of ${branch}`);
          return;
        }
        case 'landed-along': {
          const { branch } = world.hub.pull(happening.number);
          return count(`the merge of ${branch}`);
        }
        case 'issue-commented':
          return count(`a comment on ${happening.issueId}`);
        case 'reviewed':
        case 'pull-commented':
          for (const marker of markers(happening.body)) count(`${marker} on #${happening.number}`);
          return;
        case 'pushed':
          if (happening.before === null) count(`the beginning of ${happening.branch}`);
          return;
        default:
          return;
      }
    },
  };
};
