/** The base branches inside an observation: where each stands, what its checks say, whether it merges through GitHub's queue. */
import { OutsideError } from '../domain/outside-error.ts';
import type { BaseView, Check } from '../domain/pull-request.ts';
import { baseAlias, MORE_CHECKS_OF_COMMIT, queueAlias } from './documents.ts';
import type { GithubClient } from './github-client.ts';
import { mapCheck } from './map-check.ts';
import { pages } from './pages.ts';
import { coordinatesOf } from './repository-name.ts';
import { baseParts, moreChecksOfCommit, type Observed, type WireCheck, type WireTip } from './wire.ts';

/** Branch names as the variables of the observation's document. */
export function baseVariables(baseBranches: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    baseBranches.flatMap((branch, index) => [
      [baseAlias(index), `refs/heads/${branch}`],
      [queueAlias(index), branch],
    ]),
  );
}

export async function readBases(
  client: GithubClient,
  attempted: string,
  repository: string,
  { repository: answer }: Observed,
  baseBranches: readonly string[],
): Promise<ReadonlyMap<string, BaseView>> {
  const bases = new Map<string, BaseView>();
  const add = async (wire: WireTip | null | undefined, queue: unknown) => {
    if (!wire?.target || bases.has(wire.name)) return;
    const { name, target } = wire;
    const checks = await allChecks(client, attempted, repository, target);
    bases.set(name, {
      tip: target.oid,
      checks: checks.map((check) => mapCheck(check, target.oid)),
      mergeQueue: !!queue,
    });
  };
  await add(answer.defaultBranchRef, answer.mergeQueue);
  for (const index of baseBranches.keys()) {
    // Under names of our own they came through unread; the default branch was read with the rest of the answer.
    const parsed = baseParts.safeParse({ wire: answer[baseAlias(index)], queue: answer[queueAlias(index)] });
    if (!parsed.success) throw new OutsideError('unreachable', attempted, 'GitHub shows a branch in an unknown shape');
    await add(parsed.data.wire, parsed.data.queue);
  }
  return bases;
}

async function allChecks(
  client: GithubClient,
  attempted: string,
  repository: string,
  { oid, statusCheckRollup }: NonNullable<WireTip['target']>,
): Promise<readonly WireCheck[]> {
  const first = statusCheckRollup?.contexts;
  if (first === undefined) return [];
  const checks = [...first.nodes];
  if (!first.pageInfo.hasNextPage) return checks;
  return [...checks, ...(await checksAfter(client, attempted, repository, oid, first.pageInfo.endCursor ?? null))];
}

/** Of a commit that no branch or pull request was read for. */
export async function readChecksOf(client: GithubClient, repository: string, sha: string): Promise<readonly Check[]> {
  const checks = await checksAfter(client, `read the checks of ${sha}`, repository, sha, null);
  return checks.map((check) => mapCheck(check, sha));
}

async function checksAfter(
  client: GithubClient,
  attempted: string,
  repository: string,
  oid: string,
  from: string | null,
): Promise<readonly WireCheck[]> {
  const checks: WireCheck[] = [];
  await pages(
    attempted,
    async (after) => {
      const variables = { ...coordinatesOf(repository), oid, after };
      const answer = await client.graphql(attempted, MORE_CHECKS_OF_COMMIT, variables, moreChecksOfCommit);
      const more = answer.repository.object?.statusCheckRollup?.contexts;
      // None reported at all is an answer; a list that stops in the middle is not.
      if (!more && after === null) return { hasNextPage: false, endCursor: null };
      if (!more) throw new OutsideError('unreachable', attempted, `the checks of ${oid} ended in the middle`);
      checks.push(...more.nodes);
      return more.pageInfo;
    },
    from,
  );
  return checks;
}
