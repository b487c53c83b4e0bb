// Every way in which this GitHub can be told to lie about a merge really makes it land differently, by every method.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAncestor, mergeTree, readCommit } from './git/bare-repository.ts';
import { mergeCorruptions } from './world.ts';
import { place, repository, startTestWorld } from './world-for-tests.ts';

for (const method of ['merge', 'squash', 'rebase'] as const) {
  for (const kind of [null, ...mergeCorruptions]) {
    test(`a ${method} ${kind === null ? 'lands as it was tested' : `can land with ${kind}`}`, async (t) => {
      const { world, client, openPullRequest } = await startTestWorld(t);
      await world.act.pushCommit(repository, 'main', 'ann', { files: { 'earlier.txt': 'e\n' }, message: 'Earlier' });
      const { directory, refs: before } = world.state.repository(repository);
      const base = before.get('refs/heads/main') ?? '';
      const { number, sha } = await openPullRequest('work', { 'a.txt': 'a\n', 'b.txt': 'b\n' });
      if (kind !== null) world.corruptNextMerge(kind);
      const answer = await client('bot-token').rest.pulls.merge({
        ...place,
        pull_number: number,
        sha,
        merge_method: method,
      });
      assert.deepEqual([answer.status, answer.data.merged], [200, true], 'it says that all is well');
      const told = await readCommit(directory, answer.data.sha);
      const tip = world.state.repository(repository).refs.get('refs/heads/main') ?? '';
      const asTested =
        told.parents[0] === base &&
        (method === 'merge' ? told.parents[1] === sha : told.parents.length === 1) &&
        told.tree === (await mergeTree(directory, base, sha)) &&
        (await isAncestor(directory, told.sha, tip)) &&
        told.sha === tip;
      assert.equal(asTested, kind === null);
      const next = await openPullRequest('next', { 'c.txt': 'c\n' });
      const honest = await client('bot-token').rest.pulls.merge({ ...place, pull_number: next.number });
      assert.equal(world.state.repository(repository).refs.get('refs/heads/main'), honest.data.sha, 'only once');
    });
  }
}

test('the queue lies too, and tests what is behind anew on what really landed', async (t) => {
  const mergeQueue = { method: 'merge', checkTimeoutMs: 60_000, entriesToBuildMax: 5 } as const;
  const { world, openPullRequest } = await startTestWorld(t, { protection: { mergeQueue } });
  const { number } = await openPullRequest('work', { 'a.txt': 'a\n' });
  world.corruptNextMerge('extra-content');
  await world.act.enqueue(repository, number, 'bot');
  await world.idle();
  const merge = world.log.effects.find((effect) => effect.kind === 'merge');
  assert.ok(merge?.kind === 'merge');
  assert.notEqual(merge.mergeCommit, merge.group);
});
