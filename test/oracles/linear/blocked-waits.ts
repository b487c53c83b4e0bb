// Did the bot leave an issue alone until everything that blocked it was done?
import type { IssueRecord } from '../../world/linear/board/records.ts';
import { effectsAbout, timelineOf } from '../facts/board.ts';
import { touchesOf } from '../facts/touches.ts';
import type { Oracle, OutsideWorld, Violation } from '../outside-world.ts';

export const blockedWaits: Oracle = (world) => {
  const { issues, relations } = world.linear.state;
  const blocks = relations.filter((relation) => relation.type === 'blocks');
  const violations = blocks.flatMap((relation): Violation[] => {
    const blocker = issues.find((issue) => issue.id === relation.issueId);
    const blocked = issues.find((issue) => issue.id === relation.relatedIssueId);
    const first = blocked === undefined ? undefined : touchesOf(world, blocked.identifier)[0];
    if (blocker === undefined || blocked === undefined || first === undefined) return [];
    // A blocker named after work had begun does not take the work back.
    if (first.at < Date.parse(relation.createdAt)) return [];
    const settled = settledAt(world, blocker);
    if (settled !== null && settled <= first.at) return [];
    const detail = `${blocker.identifier} blocks it, and the bot began (${first.what}) before that was done.`;
    return [{ subject: blocked.identifier, detail }];
  });
  return { observed: blocks.length, violations };
};

/** When it was first completed, canceled or thrown away; null while it has not been. */
function settledAt(world: OutsideWorld, issue: IssueRecord): number | null {
  const { initial, moves } = timelineOf(world, issue);
  const ends = (type: string) => type === 'completed' || type === 'canceled';
  if (ends(initial.type)) return initial.at;
  const moments = [
    ...moves.filter((move) => ends(move.to.type)).map((move) => move.at),
    ...effectsAbout(world, issue.identifier).flatMap((effect) =>
      effect.kind === 'archive' && effect.trash ? [effect.at] : [],
    ),
  ];
  return moments.length === 0 ? null : Math.min(...moments);
}
