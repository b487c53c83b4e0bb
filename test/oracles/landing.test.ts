/** What lands on the base branch, and whose branches and pull requests the bot touches: each violation is planted once. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { moveRef } from '../world/github/git/bare-repository.ts';
import type { MergeCorruption } from '../world/github/world.ts';
import { judge } from './judge.ts';
import { assertReports, ci, playTicket, reported, repository, type TinyWorld, tinyWorld } from './tiny-world.ts';

/** Most of the time goes into git's processes, and every world is its own. */
const sideBySide = { concurrency: 2 };

describe('a clean run', sideBySide, () => {
  test('reports nothing, and every oracle has seen something', async (context) => {
    const issues = [
      { title: 'Count', movedBy: 'ada' },
      { title: 'Steal', movedBy: 'mallory' },
      { title: 'Add', movedBy: 'ada', blockedBy: ['ENG-1'] },
    ];
    const world = await tinyWorld(context, { issues });
    const { act } = world.outside.github;
    await playTicket(world, 'ENG-1');
    await playTicket(world, 'ENG-3');
    await act.pushCommit(repository, 'anns', 'ann', { files: { 'ann.txt': 'a\n' }, message: 'hers' });
    const theirs = await act.openPullRequest(repository, 'ann', { head: 'anns', title: 'Hers' });
    await world.review(theirs, headOf(world, theirs), 'Fine.\n\n<!-- heartline:review:theirs -->');
    world.outside.linear.act.moveIssue('ENG-2', 'Canceled', 'mallory');
    assert.deepEqual(await reported(world), []);
    const blind = (await judge(world.outside)).filter((one) => one.observed === 0).map((one) => one.name);
    assert.deepEqual(blind, []);
  });

  for (const method of ['squash', 'rebase'] as const) {
    test(`by ${method} is as clean`, async (context) => {
      const world = await tinyWorld(context);
      await playTicket(world, 'ENG-1', { method });
      assert.deepEqual(await reported(world), []);
    });
  }

  test('a second attempt that an allowed person asked for is as clean', async (context) => {
    const world = await tinyWorld(context);
    await playTicket(world);
    world.outside.linear.act.moveIssue('ENG-1', 'Todo', 'ada');
    world.pass(1_000);
    await playTicket(world, 'ENG-1', { attempt: 2 });
    assert.deepEqual(await reported(world), []);
  });
});

describe('one-pull-request-per-issue', sideBySide, () => {
  test('a second pull request for the same attempt', async (context) => {
    const world = await tinyWorld(context);
    for (const branch of ['heartline/eng-1', 'heartline/eng-1-2']) {
      await world.push(branch, await world.commit(world.tip(), { 'b.txt': 'b\n' }));
      await world.openPullRequest(branch, `<!-- heartline:issue:${world.id('ENG-1')}:1 -->`);
    }
    await assertReports(world, ['one-pull-request-per-issue'], /#2 \| .*#1 is already .* attempt 1 at ENG-1/);
  });

  test('a pull request of the bot without its marker', async (context) => {
    const world = await tinyWorld(context);
    await world.push('heartline/eng-9', await world.commit(world.tip(), { 'b.txt': 'b\n' }));
    await world.openPullRequest('heartline/eng-9', 'No words.');
    await assertReports(world, ['one-pull-request-per-issue'], /without its marker/);
  });
});

test('one-merge-per-issue: a second attempt lands that nobody asked for', async (context) => {
  const world = await tinyWorld(context);
  await playTicket(world);
  await playTicket(world, 'ENG-1', { attempt: 2, board: 'untouched' });
  await assertReports(world, ['one-merge-per-issue'], /ENG-1 \| .*#2 was merged for it although .*#1 was already/);
});

describe('what turned main red is taken back', sideBySide, () => {
  const back = { attempt: 2, board: 'untouched', audited: async () => undefined } as const;

  test('lawfully: no second merge for the issue, no audit, and main was not left red', async (context) => {
    const world = await tinyWorld(context);
    await playTicket(world);
    world.check(world.tip(), 'failure');
    await playTicket(world, 'ENG-1', { ...back, takesBack: world.tip() });
    assert.deepEqual(await reported(world), []);
  });

  test('although it was green', async (context) => {
    const world = await tinyWorld(context);
    await playTicket(world);
    await playTicket(world, 'ENG-1', { ...back, takesBack: world.tip() });
    await assertReports(world, ['one-merge-per-issue', 'merged-head-was-audited'], /#2 was merged for it although/);
  });

  test('although it was another commit', async (context) => {
    const world = await tinyWorld(context);
    const before = world.tip();
    await playTicket(world);
    world.check(world.tip(), 'failure');
    await playTicket(world, 'ENG-1', { ...back, takesBack: before });
    const wrong = ['main-is-green', 'one-merge-per-issue', 'merged-head-was-audited'] as const;
    await assertReports(world, wrong, /which the bot merged/);
  });
});

describe('merged-head-was-reviewed', sideBySide, () => {
  test('nothing stands on GitHub', async (context) => {
    const world = await tinyWorld(context);
    await playTicket(world, 'ENG-1', { reviewed: async () => undefined });
    await assertReports(world, ['merged-head-was-reviewed'], /no review of that head stood on GitHub/);
  });

  test('the head moved on after its review', async (context) => {
    const world = await tinyWorld(context);
    await playTicket(world, 'ENG-1', {
      beforeMerge: async (_number, head) => {
        const later = await world.commit(head, { 'later.txt': 'x\n' });
        await world.push('heartline/eng-1', later);
        world.check(later);
        return later;
      },
    });
    await assertReports(world, ['merged-head-was-reviewed'], /no review of that head/);
  });

  test('the review asked for changes', async (context) => {
    const world = await tinyWorld(context);
    await playTicket(world, 'ENG-1', {
      reviewed: (number, head) => world.review(number, head, '**Changes requested**\n\n<!-- heartline:review:1 -->'),
    });
    await assertReports(world, ['merged-head-was-reviewed'], /did not approve/);
  });

  test('the review came after the merge', async (context) => {
    const world = await tinyWorld(context);
    const { head } = await playTicket(world, 'ENG-1', { reviewed: async () => undefined });
    await world.status(head, 'success');
    await assertReports(world, ['merged-head-was-reviewed'], /no review of that head/);
  });

  test('the author approved itself', async (context) => {
    const world = await tinyWorld(context);
    await playTicket(world, 'ENG-1', { judged: (head, work) => world.ask('dev', [work, `Review ${head}`]) });
    await assertReports(world, ['merged-head-was-reviewed'], /by the same conversation that wrote it/);
  });

  test('no model was asked', async (context) => {
    const world = await tinyWorld(context);
    await playTicket(world, 'ENG-1', { judged: async () => undefined });
    await assertReports(world, ['merged-head-was-reviewed'], /No model ever approved/);
  });
});

describe('merged-head-was-audited', sideBySide, () => {
  test('nothing stands on GitHub', async (context) => {
    const world = await tinyWorld(context);
    await playTicket(world, 'ENG-1', { audited: async () => undefined });
    await assertReports(world, ['merged-head-was-audited'], /no audit of that head stood on GitHub/);
  });

  test('the audit failed', async (context) => {
    const world = await tinyWorld(context);
    await playTicket(world, 'ENG-1', {
      audited: async (head) => {
        await world.status(head, 'success', 'heartline/audit');
        await world.status(head, 'failure', 'heartline/audit');
      },
    });
    await assertReports(world, ['merged-head-was-audited'], /although its audit had failed/);
  });

  test('the audit came after the merge', async (context) => {
    const world = await tinyWorld(context);
    const { head } = await playTicket(world, 'ENG-1', { audited: async () => undefined });
    await world.status(head, 'success', 'heartline/audit');
    await assertReports(world, ['merged-head-was-audited'], /no audit of that head/);
  });
});

describe('required-checks-green', sideBySide, () => {
  const faults: readonly [string, RegExp, (world: TinyWorld, head: string) => void][] = [
    ['failed', /test by ci was failure/, (world, head) => world.check(head, 'failure')],
    ['was skipped, which GitHub takes for success', /was skipped/, (world, head) => world.check(head, 'skipped')],
    ['came from another app', /was absent/, (world, head) => world.check(head, 'success', { slug: 'other', id: 5 })],
    ['is on another commit', /was absent/, (world) => world.check(world.tip())],
    [
      'failed when it ran again',
      /was failure/,
      (world, head) => {
        world.check(head);
        world.check(head, 'failure');
      },
    ],
  ];
  for (const [what, words, plant] of faults) {
    test(`the check ${what}`, async (context) => {
      const world = await tinyWorld(context);
      await playTicket(world, 'ENG-1', { checks: (head) => plant(world, head) });
      await assertReports(world, ['required-checks-green'], words);
    });
  }

  test('the check succeeded after the merge', async (context) => {
    const world = await tinyWorld(context);
    const { head } = await playTicket(world, 'ENG-1', { checks: () => undefined });
    world.check(head);
    await assertReports(world, ['required-checks-green'], /was absent/);
  });
});

describe('base-was-tested', sideBySide, () => {
  const moveBase = (world: TinyWorld) =>
    world.outside.github.act.pushCommit(repository, 'main', 'ann', { files: { 'b.txt': 'b\n' }, message: 'b' });

  test('the base moved under the merge', async (context) => {
    const world = await tinyWorld(context);
    await playTicket(world, 'ENG-1', {
      beforeMerge: async (_number, head) => {
        await moveBase(world);
        return head;
      },
    });
    await assertReports(world, ['base-was-tested'], /did not contain main/);
  });

  /** The base moved, and the queue of GitHub tests the two together and lands that. */
  async function landByQueue(world: TinyWorld): Promise<void> {
    const { github } = world.outside;
    await playTicket(world, 'ENG-1', {
      landed: async (number) => {
        await moveBase(world);
        await github.act.setRuleset(repository, 'main', 'ann', {
          requiredStatusChecks: { strict: false, checks: [{ context: 'test', appSlug: ci.slug }] },
          mergeQueue: { method: 'squash', checkTimeoutMs: 60_000, entriesToBuildMax: 1 },
        });
        await github.act.enqueue(repository, number, 'bot');
        await github.idle();
        const group = github.log.effects.findLast((effect) => effect.kind === 'merge-group');
        world.check(group?.kind === 'merge-group' ? group.sha : '');
        await github.idle();
      },
    });
  }

  test('a queue lands what it tested on the base as it was then', async (context) => {
    const world = await tinyWorld(context);
    await landByQueue(world);
    assert.equal(world.outside.github.log.effects.filter((effect) => effect.kind === 'merge').length, 1);
    assert.deepEqual(await reported(world), []);
  });

  test('a queue lands what it tested on an older base', async (context) => {
    const world = await tinyWorld(context);
    await landByQueue(world);
    const { github } = world.outside;
    const effects = github.log.effects.map((one) => (one.kind === 'merge' ? { ...one, group: one.sha } : one));
    const told = { ...world.outside, github: { ...github, log: { ...github.log, effects } } };
    await assertReports({ ...world, outside: told }, ['base-was-tested'], /did not contain main/);
  });
});

describe('landed-tree', sideBySide, () => {
  const corruptions: readonly [MergeCorruption, RegExp][] = [
    ['dropped-change', /does not hold what merging/],
    ['empty', /does not hold what merging/],
    ['wrong-parent', /has the parents/],
  ];
  for (const [corruption, words] of corruptions) {
    test(`GitHub lands it with ${corruption}`, async (context) => {
      const world = await tinyWorld(context);
      const { github } = world.outside;
      if (corruption === 'wrong-parent')
        await github.act.pushCommit(repository, 'main', 'ann', { files: { 'b.txt': 'b\n' }, message: 'second' });
      github.corruptNextMerge(corruption);
      await playTicket(world);
      await assertReports(world, ['landed-tree'], words);
    });
  }

  test('what landed was pushed away again', async (context) => {
    const world = await tinyWorld(context);
    const before = world.tip();
    await playTicket(world);
    const files = { 'b.txt': 'b\n' };
    await world.outside.github.act.pushCommit(repository, 'main', 'ann', { files, message: 'b', onto: before });
    await assertReports(world, ['landed-tree'], /not on main any more/);
  });
});

test('merge-call-carried-sha: a merge without the head it means', async (context) => {
  const world = await tinyWorld(context);
  await playTicket(world, 'ENG-1', { beforeMerge: async () => null });
  await assertReports(world, ['merge-call-carried-sha'], /without the sha/);
});

describe('main-is-green', sideBySide, () => {
  test('a required check fails on what the bot merged', async (context) => {
    const world = await tinyWorld(context);
    await playTicket(world);
    world.check(world.tip(), 'failure');
    await assertReports(world, ['main-is-green'], /test fails on .* which the bot merged/);
  });

  test('a commit that came by nobody', async (context) => {
    const world = await tinyWorld(context);
    await playTicket(world);
    const secret = await world.commit(world.tip(), { 'b.txt': 'b\n' });
    await moveRef(world.directory, 'refs/heads/main', world.tip(), secret);
    await assertReports(world, ['main-is-green'], /Nobody is known to have moved it/);
  });

  test('the bot pushes to it', async (context) => {
    const world = await tinyWorld(context);
    await world.push('main', await world.commit(world.tip(), { 'b.txt': 'b\n' }));
    await assertReports(world, ['main-is-green', 'no-push-over-people'], /bot moved it to .* without a merge/);
  });
});

describe('no-push-over-people', sideBySide, () => {
  test('a branch outside its own', async (context) => {
    const world = await tinyWorld(context);
    await world.push('feature', await world.commit(world.tip(), { 'b.txt': 'b\n' }));
    await assertReports(world, ['no-push-over-people'], /feature \| The bot pushed .* to it/);
  });

  test("a person's commit on the bot's branch is dropped", async (context) => {
    const world = await tinyWorld(context);
    const head = await world.commit(world.tip(), { 'b.txt': 'b\n' });
    await world.push('heartline/eng-1', head);
    const files = { 'ann.txt': 'a\n' };
    await world.outside.github.act.pushCommit(repository, 'heartline/eng-1', 'ann', { files, message: 'mine' });
    await world.push('heartline/eng-1', head);
    await assertReports(world, ['no-push-over-people'], /dropped .* which ann had pushed/);
  });

  test('dropping its own commits is its own affair', async (context) => {
    const world = await tinyWorld(context);
    const head = await world.commit(world.tip(), { 'b.txt': 'b\n' });
    await world.push('heartline/eng-1', head);
    await world.push('heartline/eng-1', await world.commit(head, { 'c.txt': 'c\n' }));
    await world.push('heartline/eng-1', head);
    assert.deepEqual(await reported(world), []);
  });
});

describe('peoples-pull-requests-left-alone', sideBySide, () => {
  const deeds: readonly [string, RegExp, (world: TinyWorld, number: number) => Promise<unknown>][] = [
    [
      'approved',
      /reviewed it as APPROVED/,
      (world, number) => world.review(number, headOf(world, number), '<!-- heartline:review:9 -->', 'APPROVE'),
    ],
    [
      'given a green status',
      /set heartline\/review to success/,
      (world, number) => world.status(headOf(world, number), 'success'),
    ],
    [
      'closed',
      /did this to it: pull-request-closed/,
      (world, number) => world.forge('PATCH', `/pulls/${number}`, { state: 'closed' }),
    ],
    ['merged', /merged it as/, (world, number) => approvedMerge(world, number)],
    [
      'merged although a stranger asked',
      /merged it as/,
      async (world, number) => {
        await world.outside.github.act.comment(repository, number, 'ned', `/merge ${headOf(world, number)}`);
        await approvedMerge(world, number);
      },
    ],
    [
      'merged although another head was asked for',
      /merged it as/,
      async (world, number) => {
        await world.outside.github.act.comment(repository, number, 'ann', `/merge ${world.tip()}`);
        await approvedMerge(world, number);
      },
    ],
    [
      'pushed to',
      /pushed .* to its branch/,
      async (world, number) =>
        world.push('heartline/anns', await world.commit(headOf(world, number), { 'b.txt': 'b\n' })),
    ],
  ];
  for (const [what, words, deed] of deeds) {
    test(`one is ${what}`, async (context) => {
      const world = await tinyWorld(context);
      const { act } = world.outside.github;
      await act.pushCommit(repository, 'heartline/anns', 'ann', { files: { 'ann.txt': 'a\n' }, message: 'hers' });
      const number = await act.openPullRequest(repository, 'ann', { head: 'heartline/anns', title: 'Hers' });
      await deed(world, number);
      const unseen = ['merged-head-was-reviewed', 'required-checks-green'] as const;
      const also = what.startsWith('merged') ? unseen : [];
      await assertReports(world, ['peoples-pull-requests-left-alone', ...also], words);
    });
  }

  test('one is merged as a person on the list asked', async (context) => {
    const world = await tinyWorld(context);
    const { act } = world.outside.github;
    const head = await act.pushCommit(repository, 'anns', 'ann', { files: { 'ann.txt': 'a\n' }, message: 'hers' });
    const number = await act.openPullRequest(repository, 'ann', { head: 'anns', title: 'Hers' });
    await act.comment(repository, number, 'ann', `/merge ${head.slice(0, 10)}`);
    await approvedMerge(world, number);
    await assertReports(world, ['merged-head-was-reviewed', 'required-checks-green'], /no review of that head/);
  });
});

function approvedMerge(world: TinyWorld, number: number) {
  return world.merge(number, headOf(world, number));
}

function headOf(world: TinyWorld, number: number): string {
  return world.outside.github.state.repository(repository).pullRequests.get(number)?.headSha ?? '';
}
