/** Writing to GitHub: each write once, refusals told apart, findings on their lines, two identities. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OutsideError } from '../../src/domain/outside-error.ts';
import type { Finding } from '../../src/domain/run.ts';
import { commentableLines } from '../../src/github/diff-lines.ts';
import { forgeForTest, SHOP } from './github-for-test.ts';

const finding = (path: string, line: number | null, comment: string): Finding => ({
  path,
  line,
  severity: 'major',
  comment,
});
const review = { repository: SHOP, event: 'comment', body: 'Looked at it. <!-- mark-1 -->', findings: [] } as const;

test('a pull request is opened once; a second one from the branch is a conflict, one from nowhere is not', async (context) => {
  const { forge, world } = await forgeForTest(context);
  await world.act.pushCommit(SHOP, 'heartline/eng-1', 'heartline', { files: { 'new.js': 'x\n' }, message: 'New' });
  const request = {
    repository: SHOP,
    branch: 'heartline/eng-1',
    baseBranch: 'main',
    title: 'ENG-1',
    body: 'Body',
    draft: false,
  };
  const opened = await forge.openPullRequest(request);
  assert.equal(opened.state, 'open');
  assert.equal(opened.author, 'heartline');
  await assert.rejects(forge.openPullRequest(request), { kind: 'conflict' });
  await assert.rejects(forge.openPullRequest({ ...request, branch: 'nowhere' }), (error) => {
    return error instanceof OutsideError && (error.kind === 'invalid' || error.kind === 'refused');
  });
  assert.deepEqual(world.violations, []);
});

test('a write that got a 502 was sent exactly once', async (context) => {
  const { forge, world, asked } = await forgeForTest(context, {
    faults: [
      { fault: { kind: 'status', status: 502 }, nth: 'every', when: (call) => call.write && call.service === 'github' },
    ],
  });
  await world.act.pushCommit(SHOP, 'once', 'heartline', { files: { 'new.js': 'x\n' }, message: 'New' });
  asked();
  const request = { repository: SHOP, branch: 'once', baseBranch: 'main', title: 'Once', body: '', draft: false };
  await assert.rejects(forge.openPullRequest(request), { kind: 'unreachable' });
  assert.deepEqual(
    asked().map(({ method, path }) => `${method} ${path}`),
    ['POST /repos/acme/shop/pulls'],
  );
});

test('findings stand on their lines, and those that cannot are in the body', async (context) => {
  const { forge, world, change } = await forgeForTest(context);
  const { number, head } = await change('paint', { 'shop.js': 'line one\nline 2\n', 'fresh.js': 'a\nb\n' });
  const id = await forge.postReview({
    ...review,
    number,
    head,
    findings: [
      finding('shop.js', 1, 'Why the word?'),
      finding('fresh.js', 2, 'And this?'),
      finding('shop.js', 400, 'Out of reach'),
      finding('untouched.js', 3, 'Not in the diff'),
      finding('shop.js', null, 'The whole file'),
    ],
  });
  const [posted] = world.state.repository(SHOP).reviews;
  assert.equal(String(posted?.id), id);
  assert.equal(posted?.state, 'COMMENTED');
  for (const words of ['Out of reach', 'Not in the diff', 'The whole file', 'mark-1'])
    assert.ok(posted?.body.includes(words), words);
  assert.deepEqual(
    world.state.repository(SHOP).threads.map(({ path, line, comments }) => `${path}:${line} ${comments[0]?.body}`),
    // Ours, whoever's name they carry: the marker keeps them from coming back as a person's remarks.
    [
      'shop.js:1 **major**: Why the word?\n\n<!-- heartline:finding -->',
      'fresh.js:2 **major**: And this?\n\n<!-- heartline:finding -->',
    ],
  );
  assert.equal(await forge.findReview(SHOP, number, 'mark-1'), id);
  assert.equal(await forge.findReview(SHOP, number, 'mark-2'), null);
  assert.deepEqual(world.violations, []);
});

test('a marker that somebody else quotes is not our review', async (context) => {
  const { forge, world, change } = await forgeForTest(context);
  const { number } = await change('paint');
  await world.act.review(SHOP, number, 'second-eye', { event: 'COMMENT', body: 'You wrote <!-- mark-1 -->' });
  assert.equal(await forge.findReview(SHOP, number, 'mark-1'), null);
});

test('one identity cannot approve its own pull request; a second one signs the approval', async (context) => {
  const alone = await forgeForTest(context);
  const pair = await forgeForTest(context, { reviewerToken: 'token-of-reviewer' });
  for (const { forge, world } of [alone, pair]) {
    const head = await world.act.pushCommit(SHOP, 'own', 'heartline', { files: { 'own.js': 'x\n' }, message: 'Own' });
    const request = { repository: SHOP, branch: 'own', baseBranch: 'main', title: 'Own', body: '', draft: false };
    const { number } = await forge.openPullRequest(request);
    const approval = forge.postReview({ ...review, number, head, event: 'approve' });
    if (world === alone.world) {
      await assert.rejects(approval, { kind: 'refused' });
      continue;
    }
    const id = await approval;
    const [posted] = world.state.repository(SHOP).reviews;
    assert.equal(posted?.author, 'second-eye');
    assert.equal(posted?.state, 'APPROVED');
    assert.equal(await forge.findReview(SHOP, number, 'mark-1'), id);
  }
});

test('a status is set and read back, with a description GitHub takes', async (context) => {
  const { forge, world, change } = await forgeForTest(context);
  const { head } = await change('paint');
  assert.equal(await forge.status(SHOP, head, 'heartline/review'), null);
  await forge.setStatus({
    repository: SHOP,
    head,
    context: 'heartline/review',
    state: 'success',
    description: 'y'.repeat(300),
  });
  assert.deepEqual(await forge.status(SHOP, head, 'heartline/review'), {
    state: 'success',
    description: 'y'.repeat(140),
  });
  assert.deepEqual(world.violations, []);
});

test('merging carries the head: a moved head is a conflict, a rule is a refusal, twice is a refusal', async (context) => {
  const { forge, world, change } = await forgeForTest(context);
  const { number, head } = await change('paint');
  const request = { repository: SHOP, number, method: 'squash', title: 'Paint (#1)' } as const;
  await assert.rejects(forge.merge({ ...request, head: '0'.repeat(40) }), { kind: 'conflict' });
  await world.act.convertToDraft(SHOP, number, 'ada');
  await assert.rejects(forge.merge({ ...request, head }), { kind: 'refused' });
  await world.act.readyForReview(SHOP, number, 'ada');
  const commit = await forge.merge({ ...request, head });
  assert.equal((await forge.pullRequest(SHOP, number))?.mergeCommit, commit);
  await assert.rejects(forge.merge({ ...request, head }), { kind: 'refused' });
  assert.deepEqual(world.violations, []);
});

test('a branch is updated from its base; a moved head is a conflict, nothing to update a refusal', async (context) => {
  const { forge, world, change } = await forgeForTest(context);
  const { number, head } = await change('paint');
  const base = await world.act.pushCommit(SHOP, 'main', 'ada', { files: { 'other.js': 'x\n' }, message: 'Meanwhile' });
  await assert.rejects(forge.updateBranch(SHOP, number, base), { kind: 'conflict' });
  await forge.updateBranch(SHOP, number, head);
  await world.idle();
  const updated = await forge.pullRequest(SHOP, number);
  assert.ok(updated && updated.head !== head);
  await assert.rejects(forge.updateBranch(SHOP, number, updated.head), { kind: 'refused' });
});

test('lines that a hunk shows can be commented, others not', () => {
  const patch =
    '@@ -1,3 +1,4 @@\n one\n-two\n+2\n+2b\n three\n@@ -20 +21,2 @@ function x\n twenty\n+more\n\\ No newline at end of file';
  assert.deepEqual([...commentableLines(patch)], [1, 2, 3, 4, 21, 22]);
  assert.deepEqual([...commentableLines('')], []);
});
