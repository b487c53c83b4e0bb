// Git itself against the stand-in: clone, push, refusals, and what a push does to pull requests.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { gitText, runGit } from './git/run-git.ts';
import { repository, startTestWorld } from './world-for-tests.ts';

const rules = { requiredStatusChecks: { strict: true, checks: [{ context: 'test', appSlug: null }] } };

test('a token clones and pushes; heads move, protected branches hold, and strangers are told so', async (t) => {
  const { world, root, openPullRequest } = await startTestWorld(t, { protection: rules });
  const { number, sha } = await openPullRequest('work', { 'a.txt': 'a\n' });
  const url = (token: string) => world.gitUrl('acme', 'shop').replace('http://', `http://x-access-token:${token}@`);
  await runGit(root, ['clone', '--quiet', url('bot-token'), 'clone']);
  const clone = join(root, 'clone');
  const commit = async (message: string) => {
    await runGit(clone, ['commit', '--quiet', '--allow-empty', '-m', message]);
    return gitText(clone, ['rev-parse', 'HEAD']);
  };
  const push = async (...argv: string[]) =>
    (await runGit(clone, ['push', '--quiet', ...argv], { codes: [0, 1, 128] })) as { code: number; stderr: string };

  await runGit(clone, ['checkout', '--quiet', 'work']);
  // Above git's own buffer, so that it asks first with an empty request and then sends in chunks.
  await writeFile(
    join(clone, 'large.bin'),
    Buffer.from(Array.from({ length: 2_000_000 }, (_, index) => (index * 7919 + (index >> 7) * 104_729) % 251)),
  );
  await runGit(clone, ['add', '.']);
  const moved = await commit('large');
  assert.equal((await push('origin', `--force-with-lease=work:${sha}`, 'work')).code, 0);
  assert.equal(world.state.repository(repository).pullRequests.get(number)?.headSha, moved);
  const effect = world.log.effects.findLast((one) => one.kind === 'push');
  assert.ok(effect?.kind === 'push');
  assert.deepEqual(
    [effect.actor, effect.ref, effect.before, effect.after, effect.via, effect.forced],
    ['bot', 'refs/heads/work', sha, moved, 'git', false],
  );
  assert.equal((await push('origin', `--force-with-lease=work:${sha}`, 'work')).code, 0, 'nothing to do');
  await runGit(clone, ['fetch', '--quiet', 'origin', `refs/pull/${number}/head`]);
  assert.equal(await gitText(clone, ['rev-parse', 'FETCH_HEAD']), moved);

  await world.act.pushCommit(repository, 'work', 'ann', { files: { 'ann.txt': 'x' }, message: 'by hand' });
  await runGit(clone, ['commit', '--quiet', '--amend', '-m', 'rewritten']);
  const lost = await push('origin', `--force-with-lease=work:${moved}`, 'work');
  assert.deepEqual([lost.code, /stale info/.test(lost.stderr)], [1, true]);

  await runGit(clone, ['checkout', '--quiet', 'main']);
  await commit('straight to main');
  const refused = await push('origin', 'main');
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /GH006/);
  assert.match(
    (await push(url('admin-token'), '+HEAD~1:refs/heads/other', ':main')).stderr,
    /Cannot delete this protected branch/,
  );
  assert.equal((await push(url('admin-token'), 'main')).code, 0, 'admins are not bound unless the rules say so');

  assert.match((await push(url('reader-token'), 'HEAD:refs/heads/mine')).stderr, /403/);
  assert.match((await push(url('wrong'), 'HEAD:refs/heads/mine')).stderr, /403/);
  const nobody = await fetch(`${world.gitUrl('acme', 'shop')}/info/refs?service=git-upload-pack`);
  assert.equal(nobody.status, 401);
  assert.deepEqual([...new Set(world.log.requests.map((request) => request.operation))].sort(), [
    'advertise',
    'fetch',
    'push',
  ]);
});

test('a head that is pushed into the base is a merge, and a push whose answer is lost has still happened', async (t) => {
  const { world, root, openPullRequest } = await startTestWorld(t, {
    fault: (call) => (call.operation === 'push' ? { kind: 'effect-then-lost' } : null),
  });
  const { number, sha } = await openPullRequest('work', { 'a.txt': 'a\n' });
  await runGit(root, [
    'clone',
    '--quiet',
    world.gitUrl('acme', 'shop').replace('http://', 'http://x-access-token:bot-token@'),
    'clone',
  ]);
  const pushed = await runGit(join(root, 'clone'), ['push', '--quiet', 'origin', `${sha}:refs/heads/main`], {
    codes: [0, 1, 128],
  });
  assert.notEqual(pushed.code, 0);
  const pullRequest = world.state.repository(repository).pullRequests.get(number);
  assert.deepEqual([pullRequest?.state, pullRequest?.merged?.commit], ['closed', sha]);
});
