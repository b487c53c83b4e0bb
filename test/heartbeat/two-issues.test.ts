// Two issues at once in one repository whose rules ask for branches that are up to date.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { need } from '../needs.ts';
import { bwrapWorks } from '../world/bwrap-works.ts';
import { commit, editFile, finish } from '../world/models/agent-steps.ts';
import { byIssueKey, byRole, steps } from '../world/models/scripted-agent.ts';
import { approving, BYE, devWriting, HELLO, resolving, rounds } from './agents.ts';
import { asked, assertOnceEach, branchTip, isDone, ofKind, pullRequest } from './outside.ts';
import { FILES, startStory } from './story.ts';

const room = need('bwrap', await bwrapWorks(), 'sudo apt-get install -y bubblewrap');
const CART = 'src/cart.js';
const TEN_LINES = Array.from({ length: 20 }, (_, index) => `export const line${index} = ${index};`).join('\n');

function editing(old: string, replacement: string) {
  const title = `Change ${old}`;
  return steps(editFile(CART, old, replacement), commit(title), finish({ title, summary: title }));
}

for (const mergeMethod of ['squash', 'merge', 'rebase']) {
  test(
    `two issues in one file: the second is updated, checked and reviewed anew, and merged (${mergeMethod})`,
    room,
    async (t) => {
      const story = await startStory({
        issues: [HELLO, BYE],
        files: { ...FILES, [CART]: `${TEN_LINES}\n` },
        project: { mergeMethod },
        script: byRole({
          dev: byIssueKey({
            'ENG-1': editing('line1 = 1;', 'line1 = 100;'),
            'ENG-2': editing('line18 = 18;', 'line18 = 1800;'),
          }),
          review: approving,
        }),
      });
      t.after(story.end);
      const { world } = story;
      await story.until('both are Done', () => isDone(world, 'ENG-1') && isDone(world, 'ENG-2'));
      await story.rest();
      for (const key of ['ENG-1', 'ENG-2']) assertOnceEach(world, key);
      const [first, second] = ofKind(world, 'merge');
      const updates = ofKind(world, 'branch-updated');
      assert.equal(updates.length, 1, 'only what is next to merge is brought up to date');
      assert.equal(updates[0]?.baseSha, first?.mergeCommit);
      assert.equal(second?.sha, updates[0]?.sha);
      assert.equal(second?.baseBefore, first?.mergeCommit);
      const review = ofKind(world, 'review').findLast((one) => one.number === second?.number);
      assert.equal(review?.sha, second?.sha, 'reviewed at the head that was merged');
      const check = ofKind(world, 'check-run').findLast((one) => one.sha === second?.sha);
      assert.equal(check?.conclusion, 'success');
    },
  );
}

test('two issues that conflict: the dev of the second resolves it, and both land', room, async (t) => {
  const story = await startStory({
    issues: [HELLO, BYE],
    script: byRole({
      dev: byIssueKey({
        'ENG-1': rounds(
          devWriting(CART, 'export const items = [1];\n'),
          resolving(CART, 'export const items = [1, 2];\n'),
        ),
        'ENG-2': rounds(
          devWriting(CART, 'export const items = [2];\n'),
          resolving(CART, 'export const items = [1, 2];\n'),
        ),
      }),
      review: approving,
    }),
  });
  t.after(story.end);
  const { world } = story;
  await story.until('both are Done', () => isDone(world, 'ENG-1') && isDone(world, 'ENG-2'));
  await story.rest();
  for (const key of ['ENG-1', 'ENG-2']) assertOnceEach(world, key);
  // Which of them opens its pull request first is anybody's guess.
  const { headRef } = pullRequest(world, ofKind(world, 'merge')[1]?.number ?? 0);
  const dev = asked(world, 'dev', headRef === 'heartline/eng-1' ? 'ENG-1' : 'ENG-2');
  assert.match(JSON.stringify(dev.at(-1)?.messages), /no longer merges into `main`/);
  assert.equal(branchTip(world, 'main'), ofKind(world, 'merge')[1]?.mergeCommit);
});
