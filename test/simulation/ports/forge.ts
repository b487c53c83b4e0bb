/** GitHub as the bot's port, over the simulated hub. */

import { OutsideError } from '../../../src/domain/outside-error.ts';
import type { PullRequest } from '../../../src/domain/pull-request.ts';
import type { Forge, ForgeObservation } from '../../../src/heartbeat/ports.ts';
import type { Pull } from '../world/hub.ts';
import type { World } from '../world/world.ts';
import type { Line } from './line.ts';

export interface StaleReads {
  /** How long ago the list that the next observation shows was made; 0 for a fresh one. */
  lagMs(): number;
}

export function createForge(world: World, own: Line, stale: StaleReads): Forge {
  const { hub, timeline, ci, queue, tell } = world;
  const told = new Set<string>();
  let before: { readonly at: number; readonly pullRequests: readonly PullRequest[] } | null = null;
  const show = (pull: Pull | undefined): PullRequest | null => (pull === undefined ? null : hub.show(pull));

  const forgeOn = (line: Pick<Line, 'read' | 'write'>): Forge => ({
    guarded: (ask) =>
      forgeOn({
        ...line,
        write: async (what, perform) => {
          await ask();
          return line.write(what, perform);
        },
      }),
    observe: async (_repository, watch) => {
      const seen = await line.read('github observe', () => {
        const live = [...hub.pulls.values()]
          .filter((pull) => pull.state === 'open' || watch.tracked.includes(pull.number))
          .map(hub.show);
        // GitHub's lists may lag; what an older list said is true of then, and the base tips in it too.
        const old = before !== null && timeline.now() - before.at <= stale.lagMs() ? before.pullRequests : null;
        before = { at: timeline.now(), pullRequests: live };
        const names = new Set(['main', ...watch.baseBranches]);
        const bases: ForgeObservation['bases'] = new Map(
          [...names].flatMap((name) => {
            const tip = hub.branches.get(name);
            if (tip === undefined) return [];
            return [[name, { tip, checks: hub.checks.get(tip) ?? [], mergeQueue: hub.rules.mergeQueue }] as const];
          }),
        );
        const comments = hub.comments.filter((one) => one.at >= watch.commentsSince && !told.has(one.id));
        return { bases, comments, pullRequests: old ?? live };
      });
      for (const comment of seen.comments) told.add(comment.id);
      return { defaultBranch: 'main', ...seen };
    },
    pullRequest: (_repository, number) => line.read('github pullRequest', () => show(hub.pulls.get(number))),
    findPullRequest: (_repository, branch) =>
      line.read('github findPullRequest', () => {
        const found = [...hub.pulls.values()].filter((pull) => pull.branch === branch);
        return show(found.find((pull) => pull.state === 'open') ?? found.at(-1));
      }),
    openPullRequest: (request) => line.write('openPullRequest', () => hub.show(hub.open({ ...request, by: 'bot' }))),
    findReview: (_repository, number, marker) =>
      line.read('github findReview', () => {
        const found = hub.pulls.get(number)?.reviews.find((review) => review.body.includes(marker));
        return found === undefined ? null : String(found.id);
      }),
    postReview: ({ number, head, event, body }) =>
      line.write('postReview', () => hub.review(number, { head, event, body, by: 'bot' })),
    status: (_repository, head, context) =>
      line.read('github status', () => {
        const found = (hub.checks.get(head) ?? []).find((check) => check.kind === 'status' && check.name === context);
        return found === undefined ? null : { state: found.state, description: found.url ?? '' };
      }),
    setStatus: ({ head, context, state, description }) =>
      line.write('setStatus', () => {
        const is = state === 'pending' ? 'running' : state;
        const at = timeline.now();
        tell({ kind: 'status', by: 'bot', head, context, state });
        hub.report({ kind: 'status', name: context, id: null, state: is, sha: head, app: 'ada', url: description, at });
      }),
    updateBranch: (_repository, number, expected) =>
      line.write('updateBranch', () => hub.updateBranch(number, expected, 'bot')),
    merge: ({ number, head, method }) =>
      line.write('merge', () => hub.merge({ number, head: head ?? null, method, by: 'bot' })),
    enqueue: ({ number, head }) => line.write('enqueue', () => queue.enqueue(number, head)),
    dequeue: (_repository, number) => line.write('dequeue', () => queue.dequeue(number, 'bot')),
    rerunCheck: (_repository, check) => line.write('rerunCheck', () => ci.rerun(check)),
    addLabel: ({ number, label }) =>
      line.write('addLabel', () => {
        const { labels } = hub.pull(number);
        if (!labels.includes(label)) hub.edit(number, { labels: [...labels, label] }, 'bot');
      }),
    markReady: (_repository, number) => line.write('markReady', () => hub.edit(number, { draft: false }, 'bot')),
    findReply: (_repository, number, threadId, marker) =>
      line.read('github findReply', () => {
        const inThread = hub.pulls.get(number)?.threads.find((one) => one.id === threadId)?.comments ?? [];
        const said = threadId === null ? hub.comments.filter((one) => on(one.on, number)) : inThread;
        return said.find((one) => one.body.includes(marker))?.id ?? null;
      }),
    reply: ({ number, threadId, body }) => line.write('reply', () => hub.comment(number, threadId, body, 'bot')),
    resolveThread: (_repository, number, threadId) =>
      line.write('resolveThread', () => hub.resolve(number, threadId, 'bot')),
    checksOf: (_repository, sha) => line.read('github checksOf', () => hub.checks.get(sha) ?? []),
    failureLog: async () => 'it failed',
    access: async () => {
      throw new OutsideError('invalid', 'read access', 'only `check` asks for it');
    },
    quota: () => null,
  });
  return forgeOn(own);
}

function on(place: { readonly kind: string; readonly number?: number }, number: number): boolean {
  return place.kind === 'pull-request' && place.number === number;
}
