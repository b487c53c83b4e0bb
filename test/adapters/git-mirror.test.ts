/** The mirror on real git: what it fetches, what it says of a change, and how it pushes, on a machine configured against us. */

import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { OutsideError } from '../../src/domain/outside-error.ts';
import { gitWorld, REPOSITORY } from './git-for-test.ts';

const world = gitWorld();
after(() => world.remove());
const first = world.commit('main', { 'a.txt': 'one\n', 'read me.md': '# Shop\n' });

const kind = (expected: string) => (error: unknown) => error instanceof OutsideError && error.kind === expected;

test('it follows the remote: new, moved and deleted branches, with calls at once sharing one fetch', async () => {
  const mirror = world.mirror();
  assert.equal(await mirror.tip(REPOSITORY, 'main'), null);
  await Promise.all([mirror.refresh(REPOSITORY), mirror.refresh(REPOSITORY), mirror.refresh(REPOSITORY)]);
  assert.equal(await mirror.tip(REPOSITORY, 'main'), first);
  world.git(['push', '--quiet', 'origin', 'main:refs/heads/old/thing']);
  await mirror.refresh(REPOSITORY);
  assert.equal(await mirror.tip(REPOSITORY, 'old/thing'), first);
  world.git(['push', '--quiet', 'origin', ':refs/heads/old/thing', 'main:refs/heads/old']);
  await mirror.refresh(REPOSITORY);
  assert.equal(await mirror.tip(REPOSITORY, 'old/thing'), null);
  assert.equal(await mirror.tip(REPOSITORY, 'old'), first);
  assert.equal(await mirror.remoteTip(REPOSITORY, 'old'), first);
  assert.equal(await mirror.remoteTip(REPOSITORY, 'thing'), null);
  assert.deepEqual(await mirror.parents(REPOSITORY, first), []);
});

test('locks and half-written files of a killed process are cleared on first use', async () => {
  await world.mirror().refresh(REPOSITORY);
  const folder = world.mirrorPath();
  for (const lock of [
    'packed-refs.lock',
    'HEAD.lock',
    'refs/heads/main.lock',
    'refs/heads/locked.lock',
    'config.lock',
  ]) {
    writeFileSync(join(folder, lock), '');
  }
  writeFileSync(join(folder, 'objects/pack/tmp_pack_x'), 'half');
  mkdirSync(join(folder, '..', `.new-${folder.split('/').pop()}-abc`));
  const head = world.commit('main', { 'a.txt': 'two\n' });
  world.git(['push', '--quiet', 'origin', ':refs/heads/old', 'main:refs/heads/locked']);
  const said: string[] = [];
  const mirror = world.mirror({ log: (message) => said.push(message) });
  await mirror.refresh(REPOSITORY);
  assert.equal(await mirror.tip(REPOSITORY, 'main'), head);
  assert.equal(await mirror.tip(REPOSITORY, 'locked'), head);
  assert.deepEqual(said, ["cleared 5 stale lock(s) of acme/shop's mirror"]);
  assert.deepEqual(
    readdirSync(join(folder, 'objects/pack')),
    readdirSync(join(folder, 'objects/pack')).filter((n) => !n.startsWith('tmp_')),
  );
  assert.deepEqual(readdirSync(join(folder, '..')), [folder.split('/').pop()]);
});

test('a change is told in files, lines and a digest that only the change itself moves', async () => {
  const mirror = world.mirror();
  const base = world.commit('main', {
    'old name.txt': 'same\ncontent\nhere\n',
    'ünïcode "q"\t.txt': 'x\n',
    'a.txt': 'base\n',
  });
  const head = world.commit(
    'feature',
    {
      'old name.txt': null,
      'new name.txt': 'same\ncontent\nhere\n',
      'ünïcode "q"\t.txt': 'x\ny\n',
      'image.png': Buffer.from([0, 1, 2, 0, 255]),
    },
    { from: 'main' },
  );
  assert.equal(await mirror.diff(REPOSITORY, base, head), null);
  await mirror.refresh(REPOSITORY);
  const facts = await mirror.diff(REPOSITORY, base, head);
  assert.ok(facts);
  assert.deepEqual([...facts.files].sort(), ['image.png', 'new name.txt', 'old name.txt', 'ünïcode "q"\t.txt']);
  assert.deepEqual([facts.baseIsAncestor, facts.additions, facts.deletions], [true, 4, 3]);
  const text = await mirror.diffText(REPOSITORY, base, head, 100_000);
  assert.match(text, /rename from old name\.txt\nrename to new name\.txt/);
  assert.match(text, /^diff --git a\//m);
  const short = await mirror.diffText(REPOSITORY, base, head, 40);
  assert.match(short, /\[diff cut here: it is longer than 40 bytes\]\n$/);

  // The base moves in another file: same change, but the head no longer contains its base.
  const moved = world.commit('main', { 'other.txt': 'z\n' });
  await mirror.refresh(REPOSITORY);
  const later = await mirror.diff(REPOSITORY, moved, head);
  assert.deepEqual([later?.baseIsAncestor, later?.digest], [false, facts.digest]);

  // Merging the moved base into the branch keeps the digest; one more byte, or only a mode, changes it.
  world.git(['checkout', '--quiet', 'feature']);
  world.git(['merge', '--quiet', '--no-edit', 'main']);
  const updated = world.commit('feature', {});
  const touched = world.commit('feature', { 'image.png': Buffer.from([0, 1, 2, 0, 254]) });
  chmodSync(join(world.person, 'image.png'), 0o755);
  const mode = world.commit('feature', {});
  await mirror.refresh(REPOSITORY);
  const digests = await Promise.all([updated, touched, mode].map((one) => mirror.diff(REPOSITORY, moved, one)));
  assert.deepEqual([digests[0]?.digest, digests[0]?.baseIsAncestor], [facts.digest, true]);
  assert.equal(new Set(digests.map((one) => one?.digest)).size, 3);
});

test('a commit that no branch holds is fetched by its id on the next refresh', async () => {
  const mirror = world.mirror();
  const base = world.commit('main', { 'a.txt': 'fork base\n' });
  const head = world.commit('fork', { 'f.txt': 'from a fork\n' }, { from: 'main' });
  world.git(['update-ref', 'refs/pull/7/head', head], { cwd: world.remote });
  world.git(['push', '--quiet', 'origin', ':refs/heads/fork']);
  world.git(['config', 'uploadpack.allowTipSHA1InWant', 'true'], { cwd: world.remote });
  await mirror.refresh(REPOSITORY);
  assert.equal(await mirror.diff(REPOSITORY, base, head), null);
  await mirror.refresh(REPOSITORY);
  assert.deepEqual((await mirror.diff(REPOSITORY, base, head))?.files, ['f.txt']);
});

test('it reads plain files of a commit and nothing else', async () => {
  const mirror = world.mirror();
  world.git(['checkout', '--quiet', 'main']);
  world.git(['update-index', '--add', '--cacheinfo', `120000,${world.git(['hash-object', '-w', 'a.txt'])},link`]);
  world.git(['commit', '--quiet', '-m', 'link']);
  world.git(['checkout', '--quiet', '--', '.']);
  const commit = world.commit('main', { 'dir/*.md': 'star\n', 'dir/b.md': 'b\n' });
  await mirror.refresh(REPOSITORY);
  assert.equal(await mirror.file(REPOSITORY, commit, 'dir/*.md', 100), 'star\n');
  assert.equal(await mirror.file(REPOSITORY, commit, 'dir/b.md', 1), null);
  for (const path of ['dir', 'dir/', 'link', 'nothing', '../a.txt', '/a.txt', '']) {
    assert.equal(await mirror.file(REPOSITORY, commit, path, 100).catch(() => null), null, path);
  }
});

test('a push is compare-and-swap on exactly one branch', async () => {
  const mirror = world.mirror();
  const base = world.commit('main', { 'a.txt': 'push base\n' });
  const one = world.commit('one', { 'p.txt': '1\n' }, { from: 'main' });
  const two = world.commit('two', { 'p.txt': '2\n' }, { from: 'one' });
  const aside = world.commit('aside', { 'p.txt': '3\n' }, { from: 'main' });
  await mirror.refresh(REPOSITORY);
  const push = (head: string, expected: string | null) =>
    mirror.push({ repository: REPOSITORY, branch: 'heartline/eng-1', head, expected });
  await push(one, null);
  assert.equal(await mirror.remoteTip(REPOSITORY, 'heartline/eng-1'), one);
  // Said again after a crash: it is there already, whatever was expected then.
  await push(one, null);
  await assert.rejects(push(two, null), kind('conflict'));
  await assert.rejects(push(two, base), kind('conflict'));
  assert.equal(await mirror.remoteTip(REPOSITORY, 'heartline/eng-1'), one);
  await push(two, one);
  assert.equal(await mirror.remoteTip(REPOSITORY, 'heartline/eng-1'), two);
  await assert.rejects(push('1'.repeat(40), two), kind('missing'));
  // The lease would hold, but what stands on the branch would be gone, known to us or not.
  const outOfReach = world.git(['commit-tree', '-p', two, '-m', 'never fetched', `${two}^{tree}`]);
  for (const expected of [two, outOfReach])
    await assert.rejects(push(aside, expected), { kind: 'refused', message: /leaves out .*: merge the two/ });
  assert.equal(await mirror.remoteTip(REPOSITORY, 'heartline/eng-1'), two);
  for (const branch of ['--mirror', 'a b', 'a..b', 'x.lock', '../main', 'main:main', 'HEAD', '']) {
    await assert.rejects(
      mirror.push({ repository: REPOSITORY, branch, head: one, expected: null }),
      kind('invalid'),
      branch,
    );
  }
  assert.equal(
    world.git(['for-each-ref', '--format=%(refname)', 'refs/heads/heartline'], { cwd: world.remote }),
    'refs/heads/heartline/eng-1',
  );
});

test('a rule of the server is a refusal, not a conflict', async () => {
  const mirror = world.mirror();
  await mirror.refresh(REPOSITORY);
  const head = await mirror.tip(REPOSITORY, 'main');
  assert.ok(head);
  const hook = join(world.remote, 'hooks', 'pre-receive');
  mkdirSync(join(world.remote, 'hooks'), { recursive: true });
  writeFileSync(hook, '#!/bin/sh\necho protected >&2\nexit 1\n', { mode: 0o755 });
  const request = { repository: REPOSITORY, branch: 'ruled', head, expected: null };
  await assert.rejects(mirror.push(request), kind('refused'));
  writeFileSync(hook, '#!/bin/sh\nexit 0\n');
});

test('nothing of the hostile configuration ever ran, and no url stands in the mirror', () => {
  assert.equal(existsSync(world.tripwire), false);
  assert.doesNotMatch(readFileSync(join(world.mirrorPath(), 'config'), 'utf8'), /remote|url/);
});
