// Did any issue cost more writes than a person would bear: words on GitHub in one attempt at it, anything on Linear?
import type { Effect } from '../../world/github/log.ts';
import { effectsAbout, isBots as isBotsOnBoard } from '../facts/board.ts';
import { botPullRequests, effectsOf, isBots } from '../facts/forge.ts';
import type { Oracle, Violation } from '../outside-world.ts';

const contentWritesMax = 8;
const boardWritesMax = 40;

const contentKinds: ReadonlySet<Effect['kind']> = new Set<Effect['kind']>([
  'pull-request-created',
  'review',
  'review-reply',
  'comment-created',
  'comment-edited',
]);

export const writesPerIssueBounded: Oracle = (world) => {
  const ours = botPullRequests(world);
  const content = effectsOf(world).filter((effect) => contentKinds.has(effect.kind) && isBots(world, effect));
  const violations: Violation[] = [];
  let observed = 0;
  for (const { id, identifier: subject } of world.linear.state.issues) {
    // Whether somebody asked for a further attempt is another oracle's question.
    const attempts = Map.groupBy(
      ours.filter((one) => one.issueId === id),
      (one) => one.attempt,
    );
    for (const [attempt, opened] of attempts) {
      const numbers = new Set(opened.map((one) => one.number));
      const onForge = content.filter((effect) => 'number' in effect && numbers.has(effect.number)).length;
      observed += onForge;
      if (onForge > contentWritesMax) {
        const detail = `${onForge} writes of words on GitHub for attempt ${attempt}; at most ${contentWritesMax} are fair.`;
        violations.push({ subject, detail });
      }
    }
    const onBoard = effectsAbout(world, subject).filter(isBotsOnBoard).length;
    observed += onBoard;
    if (onBoard > boardWritesMax) {
      violations.push({ subject, detail: `${onBoard} writes on Linear for it; at most ${boardWritesMax} are fair.` });
    }
  }
  return { observed, violations };
};
