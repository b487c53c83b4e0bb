// Did an issue that nobody on the allowlist put where work starts cause anything: a write, a branch, a model call?
import { describe, mayStart, startsOf, timelineOf } from '../facts/board.ts';
import { touchesOf } from '../facts/touches.ts';
import type { Oracle, Violation } from '../outside-world.ts';

export const strangerStartsNothing: Oracle = (world) => {
  const violations: Violation[] = [];
  let observed = 0;
  for (const issue of world.linear.state.issues) {
    const subject = issue.identifier;
    const starts = startsOf(world, issue);
    const refused = starts.filter((start) => !mayStart(start.by));
    observed += refused.length;
    const allowedFrom = starts.find((start) => mayStart(start.by))?.at ?? Number.POSITIVE_INFINITY;
    const early = touchesOf(world, subject).find((touch) => touch.at < allowedFrom);
    if (early !== undefined) {
      const who = refused[0] === undefined ? 'nobody' : `only ${describe(refused[0].by)}`;
      const detail = `The bot worked on it (${early.what}) although ${who} had put it where work starts.`;
      violations.push({ subject, detail });
      continue;
    }
    // A second attempt needs somebody who may start it just as the first did.
    const { moves } = timelineOf(world, issue);
    for (const [index, move] of moves.entries()) {
      const before = moves[index - 1];
      if (move.by.kind !== 'bot' || before?.to.type !== 'unstarted' || mayStart(before.by)) continue;
      violations.push({
        subject,
        detail: `The bot took it up after ${describe(before.by)} had moved it to ${before.to.name}.`,
      });
    }
  }
  return { observed, violations };
};
