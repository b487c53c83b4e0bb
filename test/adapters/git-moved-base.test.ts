// A base branch that moves under open changes: what a mirror that saw every move says is what one that sees the last says.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { gitWorld, REPOSITORY } from './git-for-test.ts';

const world = gitWorld();
after(() => world.remove());

/** How the base gets its next tip; `head` and `other` are branches with changes of their own. */
const MOVES = [
  'is merged into head',
  'is merged wrongly into head',
  'and its merge of head',
  'commits',
  'merges other',
  'merges head',
  'merges the first of head',
  'is set back',
  'takes heads file',
];

let made = 0;
function commit(tree: readonly (readonly [string, string])[], ...parents: readonly string[]): string {
  const blobs = tree.map(([name, text]) => {
    const blob = world.git(['hash-object', '-w', '--stdin'], { input: text });
    return `100644 blob ${blob}\t${name}\n`;
  });
  const id = world.git(['mktree'], { input: blobs.join('') });
  made += 1;
  return world.git(['commit-tree', id, '-m', `${made}`, ...parents.flatMap((parent) => ['-p', parent])]);
}

test('whatever the base does, a change is told as if it were seen for the first time', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...MOVES), { minLength: 1, maxLength: 6 }), async (moves) => {
      const shared = ['shared', 'shared\n'] as const;
      const start = commit([shared]);
      const first = commit([shared, ['head', 'first\n']], start);
      let head = commit([shared, ['head', 'second\n'], ['more', 'more\n']], first);
      const own = [shared, ['head', 'second\n'], ['more', 'more\n']] as const;
      const other = commit([shared, ['other', 'other\n']], start);
      const seesAll = world.mirror();
      let tip = start;
      for (const [at, move] of ['stays', ...moves].entries()) {
        const files = [shared, ['base', `${at}\n`]] as const;
        if (move === 'commits') tip = commit(files, tip);
        else if (move === 'merges other') tip = commit(files, tip, other);
        else if (move === 'merges head') tip = commit(files, tip, head);
        else if (move === 'merges the first of head') tip = commit(files, tip, first);
        else if (move === 'is set back') tip = commit(files, start);
        else if (move === 'is merged into head') head = commit([...own, ['base', `${at}\n`]], head, tip);
        else if (move === 'is merged wrongly into head') head = commit(own, head, tip);
        else if (move === 'and its merge of head') head = commit(own, tip, head);
        else if (move === 'takes heads file') tip = commit([shared, ['head', 'second\n']], tip);
        for (const [name, id] of Object.entries({ main: tip, head, other }))
          world.git(['push', '--quiet', '--force', world.remote, `${id}:refs/heads/${name}`]);
        await seesAll.refresh(REPOSITORY);
        for (const one of [head, other]) {
          const told = await seesAll.diff(REPOSITORY, tip, one);
          assert.ok(told);
          assert.deepEqual(told, await world.mirror().diff(REPOSITORY, tip, one), `${move}, of ${moves.join(', ')}`);
        }
      }
    }),
    { numRuns: 16, seed: 7 },
  );
});
