// Once a person had stopped an issue and the bot could know it: did anything more happen to it than one comment?
import { stopsOf } from '../facts/stops.ts';
import { touchesOf } from '../facts/touches.ts';
import type { Oracle, Violation } from '../outside-world.ts';

const commentsAfterMax = 1;

export const stopMeansStop: Oracle = (world) => {
  const violations: Violation[] = [];
  let observed = 0;
  for (const issue of world.linear.state.issues) {
    const touches = touchesOf(world, issue.identifier);
    for (const stop of stopsOf(world, issue)) {
      observed += 1;
      const late = touches.filter((touch) => touch.at > stop.knownAt && touch.at < stop.until);
      const comments = late.filter((touch) => touch.kind === 'comment');
      const others = late.filter((touch) => touch.kind !== 'comment');
      const since = `after ${stop.by} ${stop.how}`;
      const subject = issue.identifier;
      if (comments.length > commentsAfterMax) {
        violations.push({ subject, detail: `The bot commented ${comments.length} times ${since}.` });
      }
      const first = others[0];
      if (first === undefined) continue;
      const more = others.length > 1 ? ` and ${others.length - 1} more` : '';
      violations.push({ subject, detail: `The bot went on ${since}: ${first.what}${more}.` });
    }
  }
  return { observed, violations };
};
