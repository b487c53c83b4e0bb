// Objects are read whole and in order through one git, which may be killed, and sees what came after it was started.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { OutsideError } from '../../src/domain/outside-error.ts';
import { createObjectReader } from '../../src/git/object-reader.ts';
import { gitWorld, REPOSITORY } from './git-for-test.ts';

const world = gitWorld();
after(() => world.remove());
const objects = createObjectReader({
  repository: REPOSITORY,
  gitDir: world.remote,
  home: world.folder,
  timeoutMs: 20_000,
});

function blob(text: string | Buffer): string {
  return world.git(['hash-object', '-w', '--stdin'], { cwd: world.remote, input: text });
}

test('what is asked for at once is answered each for itself', async () => {
  const texts = ['', '\n', 'one\n', 'ü\0\n\n', 'x'.repeat(300_000)];
  const ids = texts.map(blob);
  const read = await Promise.all(ids.map((id) => objects.read(id, 1_000_000)));
  assert.deepEqual(
    read.map((one) => one?.bytes?.toString('utf8')),
    texts,
  );
  assert.deepEqual(await objects.read(ids[4] ?? '', 1_000), {
    id: ids[4],
    kind: 'blob',
    size: 300_000,
    bytes: null,
  });
});

test('what is not there is null until it is', async () => {
  const id = '1'.repeat(40);
  assert.equal(await objects.read(id, 10), null);
  assert.equal(await objects.about('refs/heads/none'), null);
  const tip = world.commit('main', { 'a.txt': 'a\n' });
  assert.equal((await objects.about('refs/heads/main'))?.id, tip);
  await assert.rejects(objects.read(`${tip}\nflush`, 10), TypeError);
});

test('a git that was killed is followed by another', async () => {
  const id = blob('still here\n');
  await objects.about(id);
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8');
  for (const pid of children.trim().split(' ')) process.kill(Number(pid), 'SIGKILL');
  // Asked before its end is known here, it is an answer that never came; afterwards there is a new one.
  await objects.about(id).catch((error: unknown) => assert.ok(error instanceof OutsideError && error.transient));
  assert.equal((await objects.read(id, 100))?.bytes?.toString('utf8'), 'still here\n');
});
