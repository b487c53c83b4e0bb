// Did the bot say the same thing twice: a second progress comment on an issue, a marker used again, or words with no marker?
import { isBots as isBotsOnBoard } from '../facts/board.ts';
import { effectsOf, isBots, nameOf } from '../facts/forge.ts';
import type { Oracle, Violation } from '../outside-world.ts';

export const commentsUnique: Oracle = (world) => {
  const said = [
    ...world.linear.log.flatMap((effect) =>
      effect.kind === 'comment-create' && isBotsOnBoard(effect)
        ? [{ where: effect.issue ?? 'Linear', what: 'comment', body: effect.body }]
        : [],
    ),
    ...effectsOf(world).flatMap((effect) =>
      (effect.kind === 'review' || effect.kind === 'comment-created') && isBots(world, effect)
        ? [
            {
              where: nameOf(world, effect.number),
              what: effect.kind === 'review' ? 'review' : 'comment',
              body: effect.body,
            },
          ]
        : [],
    ),
  ];
  const seen = new Set<string>();
  const violations: Violation[] = [];
  for (const { where, what, body } of said) {
    const marker = /<!-- heartline:[^>]*-->/.exec(body)?.[0];
    if (marker === undefined) {
      violations.push({
        subject: where,
        detail: `The bot left a ${what} without a marker: a restart would repeat it.`,
      });
    } else {
      if (seen.has(marker))
        violations.push({ subject: where, detail: `The bot left a second ${what} marked ${marker}.` });
      seen.add(marker);
    }
  }
  return { observed: said.length, violations };
};
