/** What a merge into a moved base would change there, against what the diff from where the two part says: the same, or not. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { gitWorld, REPOSITORY } from './git-for-test.ts';

const world = gitWorld();
after(() => world.remove());
const { git } = world;

const WORKFLOW = 'on: push\njobs: {}\n# one\n# two\n# three\n# four\n';
const start = world.commit('main', { 'src/a.ts': 'a\nb\nc\nd\ne\nf\n', 'lib/b.ts': 'b\n', 'ci/deploy.yml': WORKFLOW });
/** Main, and a person's pull request with what guards it, that main got by a merge commit. */
const one = world.commit('main', { 'src/other.ts': 'o\n' });
const two = world.commit(
  'person',
  { '.github/workflows/security.yml': 'on: push\n', 'src/auth.ts': 'x\n' },
  { from: start },
);
git(['checkout', '--quiet', 'main']);
git(['merge', '--quiet', '--no-ff', '--no-edit', 'person']);
const merged = world.commit('main', {});

function renamed(from: string, to: string): string {
  git(['checkout', '--quiet', '-B', 'renamed', merged]);
  mkdirSync(dirname(join(world.person, to)), { recursive: true });
  git(['mv', from, to]);
  return world.commit('renamed', {});
}

/** A merge commit of these parents with the files of `like` and one innocent line. */
function crafted(like: string, ...parents: readonly string[]): string {
  git(['read-tree', like]);
  const blob = git(['hash-object', '-w', '--stdin'], { input: 'a\ninnocent\n' });
  git(['update-index', '--add', '--cacheinfo', `100644,${blob},src/a.ts`]);
  const words = parents.flatMap((parent) => ['-p', parent]);
  const head = git(['commit-tree', ...words, '-m', 'Work', git(['write-tree'])]);
  git(['push', '--quiet', '--force', 'origin', `${head}:refs/heads/crafted-${head}`]);
  return head;
}

const moved = world.commit('moved', { 'src/new.ts': 'n\n' }, { from: merged });
const work = world.commit('work', { 'src/a.ts': 'A\nb\nc\nd\ne\nf\n', 'src/more.ts': 'm\n' }, { from: merged });
const sameFile = world.commit('same-file', { 'src/a.ts': 'a\nb\nc\nd\ne\nF\n' }, { from: merged });
const sameLine = world.commit('same-line', { 'src/a.ts': 'other\nb\nc\nd\ne\nf\n' }, { from: merged });
const sameWork = world.commit('same-work', { 'src/more.ts': 'm\n' }, { from: merged });
const added = world.commit('added', { 'lib/new.ts': 'n\n' }, { from: merged });
const edited = world.commit('edited', { 'ci/deploy.yml': WORKFLOW.replace('{}', '{ steal: {} }') }, { from: merged });
git(['checkout', '--quiet', '--orphan', 'stranger']);
const stranger = world.commit('stranger', { 'README.md': 'r\n' });

const ROWS: readonly { readonly when: string; readonly base: string; readonly head: string; readonly as: boolean }[] = [
  { when: 'the head contains the base', base: merged, head: work, as: true },
  { when: 'the base moved in other files', base: moved, head: work, as: true },
  { when: 'the base moved in a file of the change, elsewhere', base: sameFile, head: work, as: false },
  { when: 'the base moved in a file of the change, right there', base: sameLine, head: work, as: false },
  { when: 'the base took part of the change', base: sameWork, head: work, as: false },
  {
    when: 'the base moved a file of the change',
    base: renamed('ci/deploy.yml', '.github/workflows/deploy.yml'),
    head: edited,
    as: false,
  },
  { when: 'the base moved the folder of a new file', base: renamed('lib', '.github'), head: added, as: false },
  { when: 'the two share nothing', base: merged, head: stranger, as: false },
  ...[one, two].flatMap((like) => [
    { when: `a crafted merge takes back ${like}`, base: merged, head: crafted(like, one, two), as: false },
    {
      when: `a crafted merge takes back ${like} the other way`,
      base: merged,
      head: crafted(like, two, one),
      as: false,
    },
  ]),
];

for (const { when, base, head, as } of ROWS)
  test(`${when}: ${as ? 'as judged' : 'not as judged'}`, async () => {
    const mirror = world.mirror();
    await mirror.refresh(REPOSITORY);
    assert.equal(await mirror.landsAsJudged(REPOSITORY, base, head), as);
  });

test('looking leaves nothing in the mirror', async () => {
  const objects = join(world.mirrorPath(), 'objects');
  assert.deepEqual(readdirSync(objects).sort(), ['info', 'pack']);
});
