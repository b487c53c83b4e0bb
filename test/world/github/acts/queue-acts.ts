// The merge queue as a small state machine: entries are built into groups by real git, tested by CI, and landed from the front.
import { unmetRules } from '../facts/merge-verdict.ts';
import { mergedTree } from '../facts/pull-request-facts.ts';
import { entryOf, groupOutcome, queueRules } from '../facts/queue-facts.ts';
import { moveRef } from '../git/bare-repository.ts';
import type { Effect, QueueExit } from '../log.ts';
import { Refusal } from '../refusal.ts';
import { baseSha, branchSha, type MergeMethod, type PullRequest, type QueueEntry, type Repository } from '../state.ts';
import { type Actor, hasRole, inBackground, inTurn, nextId, recordEffect, timeOf, type World } from '../world.ts';
import { land } from './land.ts';
import { mergeCommit } from './merge-commit.ts';
import { groupPrefix, noticeMovedRefs } from './push-acts.ts';

/** Who lands what the queue lands. */
const queueLogin = 'github-merge-queue[bot]';
const queue: Actor = { login: queueLogin, via: 'queue' };

/** What an enqueue call may say. */
export interface QueueWish {
  /** Queue it only if the head is still this. */
  readonly expectedHead?: string | undefined;
  readonly jump?: boolean | undefined;
}

/** Puts a pull request into its base branch's queue, when everything but being up to date is met. */
export async function enqueue(
  world: World,
  repository: Repository,
  actor: Actor,
  pullRequest: PullRequest,
  wish: QueueWish = {},
): Promise<QueueEntry> {
  const { number, baseRef: base, headSha } = pullRequest;
  const refuse = (message: string) => new Refusal(422, message);
  if (!hasRole(repository, actor.login, 'write'))
    throw new Refusal(403, `${actor.login} does not have permission to add this pull request to the merge queue.`);
  if (queueRules(repository, base) === null) throw refuse(`Pull request Merge queue is not enabled for ${base}`);
  if (pullRequest.state === 'closed') throw refuse('Pull request Pull request is closed');
  if (pullRequest.draft) throw refuse('Pull request Pull request is in draft state');
  if (entryOf(repository, number) !== null) throw refuse('Pull request is already in the queue');
  if (wish.expectedHead !== undefined && wish.expectedHead !== headSha)
    throw refuse('Head sha did not match the expected head OID');
  if ((await mergedTree(repository, baseSha(repository, pullRequest), headSha)) === null)
    throw refuse('Pull request Pull request has merge conflicts');
  const { blocked } = await unmetRules(repository, pullRequest);
  if (blocked.length > 0) throw refuse(blocked.join(' '));
  const entry: QueueEntry = {
    id: nextId(world),
    number,
    enqueuedAt: timeOf(world),
    enqueuer: actor.login,
    headSha,
    group: null,
  };
  const entries = repository.queues.get(base) ?? [];
  if (wish.jump === true) entries.unshift(entry);
  else entries.push(entry);
  repository.queues.set(base, entries);
  pullRequest.updatedAt = timeOf(world);
  recordEffect(world, repository, actor, { kind: 'queue-entered', number, base, sha: headSha });
  return entry;
}

/** Takes a pull request out of the queue. */
export async function dequeue(
  world: World,
  repository: Repository,
  actor: Actor,
  pullRequest: PullRequest,
): Promise<QueueEntry> {
  if (!hasRole(repository, actor.login, 'write')) throw new Refusal(403, 'Must have write access to this repository.');
  const found = entryOf(repository, pullRequest.number);
  if (found === null) throw new Refusal(422, 'Pull request is not in the merge queue');
  await leave(world, repository, actor, found.branch, found.entry, 'dequeued');
  return found.entry;
}

/** What moves a queue along. Everything else it does is a consequence of these. */
const stirring: ReadonlySet<Effect['kind']> = new Set<Effect['kind']>([
  'queue-entered',
  'queue-left',
  'check-run',
  'status',
  'push',
  'pull-request-head-moved',
  'pull-request-closed',
  'pull-request-drafted',
  'pull-request-edited',
  'protection-changed',
]);

/** Keeps the queues of a world moving; gives the function that ends it. */
export function runQueues(world: World): () => void {
  const listener = (effect: Effect) => {
    const repository = world.repositories.get(effect.repository);
    if (repository === undefined || repository.queues.size === 0 || !stirring.has(effect.kind)) return;
    inBackground(world, 'merge-queue', () => inTurn(world, () => tendQueues(world, repository)));
  };
  world.listeners.add(listener);
  return () => world.listeners.delete(listener);
}

/** Does whatever is due in any repository. Asked before each answer too, because time alone can make something due. */
export async function tendAllQueues(world: World): Promise<void> {
  for (const repository of world.repositories.values()) {
    if (repository.queues.size > 0) await tendQueues(world, repository);
  }
}

async function tendQueues(world: World, repository: Repository): Promise<void> {
  for (const [branch, entries] of [...repository.queues]) {
    while (entries.length > 0 && (await step(world, repository, branch, entries))) {
      // Each step may make another one due.
    }
    if (entries.length === 0) repository.queues.delete(branch);
  }
}

/** One step of one queue; false when nothing is due. */
async function step(world: World, repository: Repository, branch: string, entries: QueueEntry[]): Promise<boolean> {
  const rules = queueRules(repository, branch);
  for (const entry of entries) {
    const gone = rules === null ? 'queue-gone' : noLongerQueued(repository, branch, entry);
    if (gone === null) continue;
    await leave(world, repository, queue, branch, entry, gone);
    return true;
  }
  const tip = branchSha(repository, branch);
  if (rules === null || tip === null) return false;
  let below = tip;
  for (const entry of entries.slice(0, rules.entriesToBuildMax)) {
    if (entry.group?.baseSha !== below) return build(world, repository, branch, entry, below);
    below = entry.group.sha;
  }
  const [first] = entries;
  if (first?.group == null) return false;
  // Only the front is judged: what fails behind it may be the fault of what is before it.
  const outcome = groupOutcome(repository, branch, first);
  const late = world.options.clock() - first.group.builtAt > rules.checkTimeoutMs;
  if (outcome === 'failure' || (outcome === 'pending' && late)) {
    await leave(world, repository, queue, branch, first, outcome === 'failure' ? 'failed-checks' : 'checks-timed-out');
    return true;
  }
  if (outcome === 'pending') return false;
  await landFront(world, repository, branch, first, tip);
  return true;
}

function noLongerQueued(repository: Repository, branch: string, entry: QueueEntry): QueueExit | null {
  const pullRequest = repository.pullRequests.get(entry.number);
  if (pullRequest === undefined || pullRequest.state === 'closed') return 'closed';
  if (pullRequest.draft) return 'drafted';
  if (pullRequest.baseRef !== branch) return 'base-changed';
  return pullRequest.headSha === entry.headSha ? null : 'head-changed';
}

/** The group's branch holds the pull request on top of everything before it, as it would land. */
async function build(
  world: World,
  repository: Repository,
  branch: string,
  entry: QueueEntry,
  below: string,
): Promise<true> {
  const pullRequest = repository.pullRequests.get(entry.number);
  const rules = queueRules(repository, branch);
  if (pullRequest === undefined || rules === null) return true;
  const sha = await groupCommit(world, repository, pullRequest, entry, rules.method, below);
  if (sha === null) {
    await leave(world, repository, queue, branch, entry, 'merge-conflict');
    return true;
  }
  await dropGroup(world, repository, entry);
  const ref = `refs/heads/${groupPrefix}${branch}/pr-${entry.number}-${below}`;
  await moveRef(repository.directory, ref, null, sha);
  entry.group = { ref, baseSha: below, sha, builtAt: world.options.clock() };
  await noticeMovedRefs(world, repository, queue);
  recordEffect(world, repository, queue, {
    kind: 'merge-group',
    number: entry.number,
    base: branch,
    baseSha: below,
    ref,
    sha,
  });
  return true;
}

/** Null when it conflicts with what is before it. */
async function groupCommit(
  world: World,
  repository: Repository,
  pullRequest: PullRequest,
  entry: QueueEntry,
  method: MergeMethod,
  below: string,
): Promise<string | null> {
  const tree = await mergedTree(repository, below, entry.headSha);
  if (tree === null) return null;
  try {
    return await mergeCommit(world, repository, { login: entry.enqueuer }, pullRequest, { method }, below, tree);
  } catch (error) {
    // A rebase may conflict where a merge does not.
    if (error instanceof Refusal) return null;
    throw error;
  }
}

async function landFront(
  world: World,
  repository: Repository,
  branch: string,
  entry: QueueEntry,
  tip: string,
): Promise<void> {
  const pullRequest = repository.pullRequests.get(entry.number);
  const method = queueRules(repository, branch)?.method;
  const { group } = entry;
  if (pullRequest === undefined || method === undefined || group === null) return;
  await land(world, repository, pullRequest, {
    honest: group.sha,
    base: tip,
    method,
    actor: { login: entry.enqueuer, via: 'queue' },
    mergedBy: queueLogin,
    bypassed: [],
    group: group.sha,
  });
  await leave(world, repository, queue, branch, entry, 'merged');
}

async function leave(
  world: World,
  repository: Repository,
  actor: Actor,
  branch: string,
  entry: QueueEntry,
  reason: QueueExit,
): Promise<void> {
  const entries = repository.queues.get(branch) ?? [];
  const place = entries.indexOf(entry);
  if (place >= 0) entries.splice(place, 1);
  await dropGroup(world, repository, entry);
  const pullRequest = repository.pullRequests.get(entry.number);
  if (pullRequest !== undefined) pullRequest.updatedAt = timeOf(world);
  recordEffect(world, repository, actor, { kind: 'queue-left', number: entry.number, base: branch, reason });
}

async function dropGroup(world: World, repository: Repository, entry: QueueEntry): Promise<void> {
  if (entry.group === null) return;
  const { ref, sha } = entry.group;
  entry.group = null;
  if (repository.refs.get(ref) === undefined) return;
  await moveRef(repository.directory, ref, sha, null);
  await noticeMovedRefs(world, repository, queue);
}
