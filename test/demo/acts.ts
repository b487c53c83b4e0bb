/** What people do while the demo runs, each act as soon as what it waits for can be seen outside. */
import type { PullRequest } from '../world/github/state.ts';
import { CHECK, REPOSITORY, type World } from '../world/start-world.ts';
import { contribution } from './contribution.ts';
import { devCalls } from './dev-calls.ts';
import type { Act } from './people.ts';

/** So much of an agent's work has been seen before somebody stops it. */
const CALLS_BEFORE_CANCEL = 2;
const REVIEW_STATUS = 'heartline/review';

export const demoActs: readonly Act[] = [
  {
    name: `Grace opens a pull request of her own: ${contribution.title}`,
    when: () => true,
    act: async ({ github }) => {
      const { author, branch, title, body, commit } = contribution;
      await github.act.pushCommit(REPOSITORY, branch, author, commit);
      await github.act.openPullRequest(REPOSITORY, author, { head: branch, title, body });
    },
  },
  {
    name: 'Ada cancels ENG-7, whose agent is at work',
    when: ({ models }) => {
      const requests = models.log.flatMap(({ request }) => (request === null ? [] : [request]));
      return devCalls(requests, 'ENG-7') >= CALLS_BEFORE_CANCEL;
    },
    act: async ({ linear }) => {
      linear.act.moveIssue('ENG-7', 'Canceled', 'ada');
    },
  },
  {
    name: 'Ada approves ENG-9, which touches package.json',
    when: (world) => readyHead(world, 'ENG-9') !== null,
    act: (world) => approveUntilMerged(world, 'ENG-9'),
  },
];

/** An approval speaks of one commit, and bringing the branch up to date makes another: then she looks again. */
async function approveUntilMerged(world: World, key: string): Promise<void> {
  const approved = new Set<string>();
  await new Promise<void>((resolve, reject) => {
    const look = (): void => {
      const pullRequest = pullRequestOf(world, key);
      if (pullRequest === null || pullRequest.state === 'closed') {
        stop();
        resolve();
        return;
      }
      const head = readyHead(world, key);
      if (head === null || approved.has(head)) return;
      approved.add(head);
      world.github.act.comment(REPOSITORY, pullRequest.number, 'ada', `Node 20 it is.\n/approve ${head}`).catch(reject);
    };
    const stop = world.github.onChange(look);
    look();
  });
}

/** The head of an issue's open pull request, once its review and CI have nothing against it. */
function readyHead(world: World, key: string): string | null {
  const pullRequest = pullRequestOf(world, key);
  if (pullRequest === null || pullRequest.state === 'closed') return null;
  const { headSha } = pullRequest;
  const { effects } = world.github.log;
  const reviewed = effects.findLast(
    (effect) => effect.kind === 'status' && effect.context === REVIEW_STATUS && effect.sha === headSha,
  );
  const checked = effects.findLast(
    (effect) => effect.kind === 'check-run' && effect.name === CHECK && effect.sha === headSha,
  );
  const good =
    reviewed?.kind === 'status' &&
    reviewed.state === 'success' &&
    checked?.kind === 'check-run' &&
    checked.conclusion === 'success';
  return good ? headSha : null;
}

function pullRequestOf({ github }: World, key: string): PullRequest | null {
  const all = [...github.state.repository(REPOSITORY).pullRequests.values()];
  return all.findLast((one) => one.title.startsWith(`${key}: `)) ?? null;
}
