// Does every issue whose pull request the bot merged carry that pull request's address exactly once?
import { botMerges, botPullRequests, nameOf } from '../facts/forge.ts';
import type { Oracle, Violation } from '../outside-world.ts';

export const attachmentOnce: Oracle = (world) => {
  const merged = new Set(botMerges(world).map((merge) => merge.number));
  const landed = botPullRequests(world).filter((one) => merged.has(one.number) && one.issueKey !== null);
  const violations = landed.flatMap(({ number, issueId, issueKey }): Violation[] => {
    const there = world.linear.state.attachments.filter(
      (one) => one.issueId === issueId && one.url.replace(/\/+$/, '').endsWith(`/${world.repository}/pull/${number}`),
    );
    if (there.length === 1) return [];
    const detail = `${nameOf(world, number)} was merged for it and is attached ${there.length} times instead of once.`;
    return [{ subject: issueKey ?? '', detail }];
  });
  return { observed: landed.length, violations };
};
