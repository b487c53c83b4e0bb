// The merge queue and its entries, as GraphQL shows them.
import { entryOf, queueRules, queueState } from '../facts/queue-facts.ts';
import { htmlUrl } from '../rest/present-repository.ts';
import type { QueueEntry, Repository } from '../state.ts';
import { actorNode, commitNode } from './commit-node.ts';
import { connection, type Node, withArguments } from './field.ts';
import { pullRequestNode, type Reader } from './pull-request-node.ts';
import { repositoryNode } from './repository-node.ts';

/** The queue of a branch; null where it has none. */
export function queueNode(reader: Reader, repository: Repository, branch: string): Node | null {
  const rules = queueRules(repository, branch);
  if (rules === null) return null;
  const path = `/${repository.fullName}/queue/${branch}`;
  return {
    __typename: 'MergeQueue',
    id: `MQ_${repository.id}_${branch}`,
    resourcePath: path,
    url: `${htmlUrl(reader.world, repository)}/queue/${branch}`,
    nextEntryEstimatedTimeToMerge: null,
    repository: () => repositoryNode(reader, repository),
    configuration: {
      __typename: 'MergeQueueConfiguration',
      checkResponseTimeout: Math.round(rules.checkTimeoutMs / 60_000),
      maximumEntriesToBuild: rules.entriesToBuildMax,
      maximumEntriesToMerge: 1,
      mergeMethod: rules.method.toUpperCase(),
      mergingStrategy: 'ALLGREEN',
      minimumEntriesToMerge: 1,
      minimumEntriesToMergeWaitTime: 0,
    },
    entries: withArguments(['first', 'last', 'after', 'before'], (args) =>
      connection(
        'MergeQueueEntry',
        repository.queues.get(branch) ?? [],
        (one) => one.id,
        args,
        (one) => nodeOf(reader, repository, branch, one),
      ),
    ),
  };
}

/** The entry of a pull request; null while it is not queued. */
export function entryNode(reader: Reader, repository: Repository, number: number): Node | null {
  const found = entryOf(repository, number);
  return found === null ? null : nodeOf(reader, repository, found.branch, found.entry);
}

function nodeOf(reader: Reader, repository: Repository, branch: string, entry: QueueEntry): Node {
  const { world } = reader;
  const { group } = entry;
  const pullRequest = repository.pullRequests.get(entry.number);
  return {
    __typename: 'MergeQueueEntry',
    id: `MQE_${entry.id}`,
    state: queueState(repository, branch, entry),
    position: (repository.queues.get(branch) ?? []).indexOf(entry) + 1,
    enqueuedAt: entry.enqueuedAt,
    enqueuer: actorNode(world, entry.enqueuer),
    estimatedTimeToMerge: null,
    jump: false,
    solo: false,
    baseCommit: () => (group === null ? null : commitNode(world, repository, group.baseSha)),
    headCommit: () => (group === null ? null : commitNode(world, repository, group.sha)),
    mergeQueue: () => queueNode(reader, repository, branch),
    pullRequest: () => (pullRequest === undefined ? null : pullRequestNode(reader, repository, pullRequest)),
  };
}
