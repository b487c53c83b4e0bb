// Did one attempt at an issue land twice, or one issue twice without a person having asked for it again in between?
import { mayStart, startsOf } from '../facts/board.ts';
import { botMerges, botPullRequests, nameOf, takenBackBy } from '../facts/forge.ts';
import type { Oracle, Violation } from '../outside-world.ts';

export const oneMergePerIssue: Oracle = (world) => {
  const merges = botMerges(world);
  const ours = new Map(botPullRequests(world).map((one) => [one.number, one]));
  const last = new Map<string, (typeof merges)[number]>();
  const violations: Violation[] = [];
  for (const merge of merges) {
    const issueId = ours.get(merge.number)?.issueId ?? null;
    // What takes back a change that broke the base is no second try at the issue.
    if (issueId === null || takenBackBy(world, merge) !== null) continue;
    const before = last.get(issueId);
    last.set(issueId, merge);
    if (before === undefined) continue;
    const issue = world.linear.state.issues.find((one) => one.id === issueId);
    const askedAgain =
      issue !== undefined &&
      startsOf(world, issue).some((start) => mayStart(start.by) && start.at >= before.at && start.at <= merge.at);
    if (askedAgain && merge.number !== before.number) continue;
    const detail = `${nameOf(world, merge.number)} was merged for it although ${nameOf(world, before.number)} was already.`;
    violations.push({ subject: issue?.identifier ?? issueId, detail });
  }
  return { observed: merges.length, violations };
};
