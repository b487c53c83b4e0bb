// The life of a pull request through the real client, and every refusal GitHub documents on the way.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gitText } from './git/run-git.ts';
import { place, refusalOf, repository, startTestWorld } from './world-for-tests.ts';

const methods = ['merge', 'squash', 'rebase'] as const;

for (const method of methods) {
  test(`a pull request is opened, read, merged by ${method}, and its commit is on the base branch`, async (t) => {
    const { world, client } = await startTestWorld(t);
    const bot = client('bot-token');
    await world.act.pushCommit(repository, 'work', 'bot', { files: { 'a.txt': 'a\n' }, message: 'one' });
    const sha = await world.act.pushCommit(repository, 'work', 'bot', { files: { 'b.txt': 'b\n' }, message: 'two' });
    const opened = await bot.rest.pulls.create({ ...place, head: 'work', base: 'main', title: 'Work', body: 'text' });
    assert.equal(opened.status, 201);
    const pull_number = opened.data.number;
    // Somebody else's change on the base in the meantime must survive the merge.
    const base = await world.act.pushCommit(repository, 'main', 'ann', {
      files: { 'c.txt': 'c\n' },
      message: 'meanwhile',
    });

    assert.equal((await bot.rest.pulls.get({ ...place, pull_number })).data.mergeable, null);
    const known = (await bot.rest.pulls.get({ ...place, pull_number })).data;
    assert.deepEqual(
      [known.mergeable, known.mergeable_state, known.commits, known.changed_files],
      [true, 'clean', 2, 2],
    );
    assert.equal((await refusalOf(bot.rest.pulls.checkIfMerged({ ...place, pull_number }))).status, 404);

    const merged = await bot.rest.pulls.merge({ ...place, pull_number, sha, merge_method: method });
    assert.equal(merged.data.merged, true);
    assert.equal((await bot.rest.pulls.checkIfMerged({ ...place, pull_number })).status, 204);
    const main = await bot.rest.git.getRef({ ...place, ref: 'heads/main' });
    assert.equal(main.data.object.sha, merged.data.sha);

    const commit = await bot.rest.git.getCommit({ ...place, commit_sha: merged.data.sha });
    const parents = commit.data.parents.map((parent) => parent.sha);
    if (method === 'merge') assert.deepEqual(parents, [base, sha]);
    if (method === 'squash') assert.deepEqual(parents, [base]);
    const { directory } = world.state.repository(repository);
    assert.equal(
      await gitText(directory, ['rev-list', '--count', `${base}..main`]),
      method === 'merge' ? '3' : method === 'squash' ? '1' : '2',
    );
    assert.equal(
      await gitText(directory, ['ls-tree', '-r', '--name-only', 'main']),
      'README.md\na.txt\nb.txt\nc.txt\nsrc/price.js',
    );

    const effect = world.log.effects.find((one) => one.kind === 'merge');
    assert.ok(effect?.kind === 'merge');
    assert.deepEqual(
      [effect.actor, effect.sha, effect.baseBefore, effect.mergeCommit, effect.via],
      ['bot', sha, base, merged.data.sha, 'rest'],
    );
    assert.equal(effect.tree, commit.data.tree.sha);
    assert.match((await refusalOf(bot.rest.pulls.merge({ ...place, pull_number }))).message, /not mergeable/);
  });
}

test('merging needs no body, and a moved head, a conflict, a draft or a forbidden method is refused', async (t) => {
  const { world, client, openPullRequest } = await startTestWorld(t, {
    repositories: [
      {
        owner: 'acme',
        name: 'shop',
        defaultBranch: 'main',
        collaborators: { acme: 'admin', ann: 'write', bot: 'write', reader: 'read' },
        mergeMethods: ['merge'],
        deleteBranchOnMerge: true,
      },
    ],
  });
  const bot = client('bot-token');
  const first = await openPullRequest('first', { 'src/price.js': 'uno\n' });
  const rival = await openPullRequest('rival', { 'src/price.js': 'eins\n' });
  const merge = (pull_number: number, more: { sha?: string; merge_method?: 'squash' } = {}) =>
    bot.rest.pulls.merge({ ...place, pull_number, ...more });

  const stale = await refusalOf(merge(first.number, { sha: rival.sha }));
  assert.deepEqual([stale.status, /Head branch was modified/.test(stale.message)], [409, true]);
  const forbidden = await refusalOf(merge(first.number, { merge_method: 'squash' }));
  assert.deepEqual([forbidden.status, /Squash merges are not allowed/.test(forbidden.message)], [405, true]);
  await world.act.convertToDraft(repository, first.number, 'bot');
  const draft = await refusalOf(merge(first.number));
  assert.deepEqual([draft.status, /still a draft/.test(draft.message)], [405, true]);
  await world.act.readyForReview(repository, first.number, 'bot');
  assert.equal(
    (await refusalOf(client('reader-token').rest.pulls.merge({ ...place, pull_number: first.number }))).status,
    403,
  );

  const response = await fetch(`${world.url}/repos/acme/shop/pulls/${first.number}/merge`, {
    method: 'PUT',
    headers: { authorization: 'token bot-token' },
  });
  assert.equal(response.status, 200);
  assert.equal(
    (await refusalOf(bot.rest.git.getRef({ ...place, ref: 'heads/first' }))).status,
    404,
    'the head branch goes with the merge',
  );

  await bot.rest.pulls.get({ ...place, pull_number: rival.number });
  const dirty = (await bot.rest.pulls.get({ ...place, pull_number: rival.number })).data;
  assert.deepEqual([dirty.mergeable, dirty.mergeable_state], [false, 'dirty']);
  assert.equal((await refusalOf(merge(rival.number))).status, 405);
  assert.equal((await refusalOf(bot.rest.pulls.updateBranch({ ...place, pull_number: rival.number }))).status, 422);
  assert.equal((await refusalOf(merge(999))).status, 404);
});

test('opening is refused for a duplicate, a missing branch and a branch with nothing new', async (t) => {
  const { world, client, openPullRequest } = await startTestWorld(t);
  const bot = client('bot-token');
  await openPullRequest('work', { 'a.txt': 'a\n' });
  const open = (head: string, base = 'main') => refusalOf(bot.rest.pulls.create({ ...place, head, base, title: 'x' }));
  assert.match((await open('work')).message, /A pull request already exists for acme:work/);
  assert.equal((await open('work')).status, 422);
  assert.equal((await open('nowhere')).status, 422);
  assert.equal((await open('work', 'nowhere')).status, 422);
  assert.match((await open('main')).message, /No commits between main and main/);
  assert.equal(world.log.effects.filter((effect) => effect.kind === 'pull-request-created').length, 1);
});

test('a pull request is edited, closed and reopened, its head follows a push, and lists are paged and filtered', async (t) => {
  const { world, client, clock, openPullRequest } = await startTestWorld(t);
  const bot = client('bot-token');
  const numbers: number[] = [];
  for (const name of ['a', 'b', 'c']) {
    clock.now += 1000;
    numbers.push((await openPullRequest(name, { [`${name}.txt`]: name })).number);
  }
  const [pull_number = 0] = numbers;
  await bot.rest.pulls.update({ ...place, pull_number, title: 'New', body: 'words' });
  const moved = await world.act.pushCommit(repository, 'a', 'ann', { files: { 'more.txt': 'x' }, message: 'by hand' });
  const read = (await bot.rest.pulls.get({ ...place, pull_number })).data;
  assert.deepEqual([read.title, read.head.sha], ['New', moved]);
  await bot.rest.pulls.update({ ...place, pull_number, state: 'closed' });
  await world.act.reopen(repository, pull_number, 'ann');
  assert.equal((await bot.rest.pulls.listFiles({ ...place, pull_number })).data.length, 2);
  assert.equal((await bot.rest.pulls.listCommits({ ...place, pull_number })).data.length, 2);

  const paged = await bot.paginate(bot.rest.pulls.list, { ...place, state: 'open', per_page: 1 });
  assert.deepEqual(
    paged.map((one) => one.number),
    [3, 2, 1],
  );
  const byHead = await bot.rest.pulls.list({ ...place, head: 'acme:b', state: 'all' });
  assert.deepEqual(
    byHead.data.map((one) => one.number),
    [2],
  );
  const updated = await bot.rest.pulls.list({ ...place, sort: 'updated', direction: 'asc' });
  assert.equal(updated.data[0]?.number, 2);

  await bot.rest.git.deleteRef({ ...place, ref: 'heads/b' });
  assert.equal((await bot.rest.pulls.get({ ...place, pull_number: 2 })).data.state, 'closed');
  assert.equal((await refusalOf(bot.rest.git.deleteRef({ ...place, ref: 'heads/b' }))).status, 422);
  await world.act.merge(repository, pull_number, 'ann', 'squash');
  assert.equal((await refusalOf(bot.rest.pulls.update({ ...place, pull_number, state: 'open' }))).status, 422);

  const compared = (await bot.rest.repos.compareCommitsWithBasehead({ ...place, basehead: 'main...c' })).data;
  assert.deepEqual(
    [compared.status, compared.ahead_by, compared.behind_by, compared.files?.[0]?.filename],
    ['diverged', 1, 1, 'c.txt'],
  );
  const commit = (await bot.rest.repos.getCommit({ ...place, ref: 'c' })).data;
  assert.deepEqual([commit.files?.[0]?.status, commit.parents.length, commit.author?.login], ['added', 1, 'bot']);
});

const corruptions = [
  { kind: 'wrong-parent', parentIsBase: false, files: 'README.md b.txt c.txt src/price.js' },
  { kind: 'dropped-change', parentIsBase: true, files: 'README.md c.txt src/price.js' },
  { kind: 'empty', parentIsBase: true, files: 'README.md c.txt src/price.js' },
] as const;

for (const { kind, parentIsBase, files } of corruptions) {
  test(`a merge can be made to land wrongly: ${kind}`, async (t) => {
    const { world, client, openPullRequest } = await startTestWorld(t);
    const { number } = await openPullRequest('work', { 'b.txt': 'b\n' });
    const base = await world.act.pushCommit(repository, 'main', 'ann', {
      files: { 'c.txt': 'c\n' },
      message: 'meanwhile',
    });
    world.corruptNextMerge(kind);
    const merged = await client('bot-token').rest.pulls.merge({
      ...place,
      pull_number: number,
      merge_method: 'squash',
    });
    const { directory } = world.state.repository(repository);
    assert.equal((await gitText(directory, ['rev-parse', `${merged.data.sha}^`])) === base, parentIsBase);
    assert.equal((await gitText(directory, ['ls-tree', '-r', '--name-only', 'main'])).split('\n').join(' '), files);
  });
}
