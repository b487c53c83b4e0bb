/** Scenarios of writes that are denied for good: a token that lost a right, while everything can still be read. */
import type { WriteName } from '../ports/line.ts';
import { MINUTE_MS, makePlan } from './make-plan.ts';
import { act, oneTicket, type Scenario, type Sketch, scenario, seconds } from './scenario.ts';

const { rules } = makePlan({ scenario: '', seed: 0 });
const FLAKY: Sketch = {
  project: { rerunChecks: true },
  ci: { name: 'test', delayMs: [20_000, 60_000], flakiness: 0, odd: { 0: 'flaky' } },
};

/** Each with what it takes that the bot wants to do it. Taking out of a queue is left out: it follows a stop, which is an end; so is deleting the branch of a batch, of which no issue hears. */
const DENIED: Readonly<Record<Exclude<WriteName, 'dequeue' | 'deleteBranch' | 'chat'>, Sketch>> = {
  push: {},
  openPullRequest: {},
  postReview: {},
  setStatus: {},
  merge: {},
  moveIssue: {},
  createComment: {},
  updateComment: {},
  link: {},
  addLabel: FLAKY,
  rerunCheck: FLAKY,
  updateBranch: { acts: [60, 90, 120, 150].map((at) => act('move-base', seconds(at))) },
  markReady: { project: { draft: true } },
  enqueue: { rules: { ...rules, mergeQueue: true } },
  reply: { acts: [act('talk-on-pull', seconds(100))] },
  resolveThread: { acts: [act('open-thread', seconds(85))] },
};

/** No trouble is laid over them, and no deaths are tried: how they end would be as much about that. */
export const DENIALS: readonly Scenario[] = Object.entries(DENIED).map(([write, sketch]) =>
  scenario(
    `denied-${write.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    () => ({
      tickets: oneTicket({ 'src/part-1.ts': 'part 1' }, {}, 'any'),
      ...sketch,
      denied: [write as WriteName],
      // People are to be told within two hours.
      settleMs: 150 * MINUTE_MS,
    }),
    { wild: false, swept: false },
  ),
);
