/** The demo's scripted agents in the real session code on the real sample repository: what they leave must be true. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ScriptedRequest } from '../world/models/conversation.ts';
import { devCalls } from './dev-calls.ts';
import { CI_COMMAND, sampleFiles, VERIFY_COMMAND } from './sample-files.ts';
import { inScene, type Review, type Scene } from './scene.ts';
import { demoScript } from './scripts/demo-script.ts';
import { readDiff } from './scripts/read-diff.ts';
import { demoTickets, type Sight } from './tickets.ts';

const ANTHROPIC = 'anthropic/claude-sonnet-5-5';
const RESPONSES = 'openai/gpt-5.5';
const CHAT = 'local/qwen';
const IMPLEMENT = { kind: 'implement' } as const;
const VERIFY = ['bash', '-c', VERIFY_COMMAND];

/** Each finding stands on a line that the change added. */
function assertOnAddedLines(scene: Scene, { findings, base, head }: Review): void {
  const { added } = readDiff(scene.world.git('diff', `${base}...${head}`));
  for (const { path, line } of findings) {
    assert.ok(
      added.some((one) => one.path === path && one.line === line),
      `${path}:${line}`,
    );
  }
}

/** Each sentence of the ticket is a criterion, shown by a test of the change. */
async function assertAudited(scene: Scene, key: string, head: string): Promise<void> {
  const { decision, criteria } = await scene.audit(key, head);
  assert.equal(decision, 'pass');
  const description = demoTickets.find((ticket) => ticket.key === key)?.description ?? '';
  assert.equal(criteria.map((one) => one.criterion).join(' '), description);
  for (const { evidence } of criteria) assert.match(evidence, /^node --test .* passed; test\/\S+\.test\.js:\d+ "/);
}

/** CI asks for all that the agents verify, and more. */
async function assertGreen(scene: Scene, head: string): Promise<void> {
  const { code, output } = await scene.runs(head, CI_COMMAND);
  assert.equal(code, 0, output);
}

async function sentBackOnce(scene: Scene): Promise<void> {
  const first = await scene.work('ENG-2', 'dev', IMPLEMENT);
  await assertGreen(scene, first.head);
  const refused = await scene.review('ENG-2', first.head);
  assert.equal(refused.decision, 'request-changes');
  assert.deepEqual(
    refused.findings.map(({ path }) => path),
    ['src/cart.js', 'test/cart.test.js'],
  );
  assertOnAddedLines(scene, refused);

  const second = await scene.work('ENG-2', 'dev', { kind: 'findings', verdictId: refused.verdictId });
  assert.equal(scene.world.git('rev-parse', `${second.head}^`), first.head, 'one commit on top');
  const touched = scene.world.git('diff', '--name-only', first.head, second.head).split('\n');
  assert.deepEqual(touched, ['src/cart.js', 'test/cart.test.js']);
  await assertGreen(scene, second.head);
  const approved = await scene.review('ENG-2', second.head);
  assert.deepEqual([approved.decision, approved.findings], ['approve', []]);
}

async function brokenInCi(scene: Scene): Promise<void> {
  const first = await scene.work('ENG-3', 'dev', IMPLEMENT);
  assert.equal((await scene.runs(first.head, VERIFY)).code, 0, 'green where it was written');
  const ci = await scene.runs(first.head, CI_COMMAND);
  assert.equal(ci.code, 1);
  scene.log = ci.output;
  const mended = await scene.work('ENG-3', 'devops', { kind: 'checks-failed', head: first.head, checks: ['test'] });
  await assertGreen(scene, mended.head);
  assert.equal((await scene.review('ENG-3', mended.head)).decision, 'approve');
}

describe('the demo, agent by agent', { concurrency: 2 }, () => {
  for (const model of [RESPONSES, CHAT]) {
    test(`ENG-2 is sent back with two findings on lines (${model})`, () => inScene({ model }, sentBackOnce));
  }

  test('ENG-3 is green where it was written, red in CI, and mended there', () => inScene({ model: CHAT }, brokenInCi));

  test('ENG-2 comes to the same end when the bot dies after every third message', () =>
    inScene({ model: ANTHROPIC, messagesPerLife: 3 }, sentBackOnce));

  test('ENG-1 is approved at once, and ENG-4 builds on what it left on main', () =>
    inScene({ model: CHAT }, async (scene) => {
      for (const key of ['ENG-1', 'ENG-4']) {
        const { head } = await scene.work(key, 'dev', IMPLEMENT);
        await assertGreen(scene, head);
        assert.equal((await scene.review(key, head)).decision, 'approve');
        await assertAudited(scene, key, head);
        scene.land(head);
      }
      await assertGreen(scene, scene.main);
    }));

  test('ENG-5 and ENG-6 change one file at once and merge in either order; the merge is reviewed again', () =>
    inScene({ model: RESPONSES }, async (scene) => {
      const start = scene.main;
      const { head: one } = await scene.work('ENG-5', 'dev', IMPLEMENT);
      const { head: other } = await scene.work('ENG-6', 'dev', IMPLEMENT);
      const files = [one, other].map((head) => scene.world.git('diff', '--name-only', start, head).split('\n'));
      assert.ok(files.every((names) => names.includes('src/catalog.js')));
      const updated = scene.merge(one, other);
      assert.equal(
        scene.world.git('rev-parse', `${scene.merge(other, one)}^{tree}`),
        scene.world.git('rev-parse', `${updated}^{tree}`),
      );
      await assertGreen(scene, updated);

      scene.land(one);
      const head = scene.merge(other, scene.main);
      scene.moveBranch('ENG-6', head);
      const review = await scene.review('ENG-6', head);
      assert.equal(review.decision, 'approve');
      const { paths } = readDiff(scene.world.git('diff', `${scene.main}...${head}`));
      assert.deepEqual(paths, ['src/catalog.js', 'test/list-products.test.js'], 'only its own change is judged');
    }));

  test("ENG-9 touches package.json alone; a person's pull request gets a remark on a line and an approval", () =>
    inScene({ model: ANTHROPIC }, async (scene) => {
      const { head } = await scene.work('ENG-9', 'dev', IMPLEMENT);
      assert.equal(scene.world.git('diff', '--name-only', scene.main, head), 'package.json');
      await assertGreen(scene, head);
      assert.equal((await scene.review('ENG-9', head)).decision, 'approve');

      const { review, head: theirs } = await scene.contribution();
      await assertGreen(scene, theirs);
      assert.equal(review.decision, 'approve');
      assert.deepEqual(
        review.findings.map(({ path, severity }) => [path, severity]),
        [['src/money.js', 'minor']],
      );
      assertOnAddedLines(scene, review);
    }));

  test('a branch that somebody else moved is merged before the findings are mended', () =>
    inScene({ model: ANTHROPIC }, async (scene) => {
      const first = await scene.work('ENG-2', 'dev', IMPLEMENT);
      const { verdictId } = await scene.review('ENG-2', first.head);
      const { head: elsewhere } = await scene.work('ENG-1', 'dev', IMPLEMENT);
      scene.land(elsewhere);
      scene.moveBranch('ENG-2', scene.merge(first.head, scene.main));
      const second = await scene.work('ENG-2', 'dev', { kind: 'findings', verdictId });
      await assertGreen(scene, second.head);
      assert.equal((await scene.review('ENG-2', second.head)).decision, 'approve');
    }));
});

function asked(role: string, opening: string, more: ScriptedRequest['messages'] = []): ScriptedRequest {
  const system = `You are Heartline's ${role} agent.`;
  const messages = [{ kind: 'user', text: opening } as const, ...more];
  return { protocol: 'anthropic', model: 'm', system, tools: [], messages, raw: {}, key: 'k' };
}

const ENG_7 = 'Issue ENG-7\n\nTry very large carts\n\nDo what the issue asks for, commit it, and call finish.';

test('ENG-7 goes on for more steps than any cap of turns, never the same twice, and is cancelled early on', async () => {
  const commands = new Set<string>();
  let messages: ScriptedRequest['messages'] = [];
  for (let turn = 0; turn < 200; turn += 1) {
    const [call] = (await demoScript(asked('dev', ENG_7, messages))).calls ?? [];
    assert.equal(call?.name, 'bash');
    commands.add(JSON.stringify(call.input));
    const id = `call_${turn}`;
    messages = [
      ...messages,
      { kind: 'assistant', text: '', calls: [{ id, ...call }] },
      { kind: 'tool-result', callId: id, name: call.name, text: 'right', isError: false },
    ];
  }
  assert.equal(commands.size, 200);

  const act = demoTickets.find((ticket) => ticket.key === 'ENG-7')?.people[0];
  const sight = (calls: number): Sight => ({ devCalls: calls, pullRequest: null });
  const requests = [asked('dev', ENG_7), asked('dev', ENG_7, messages.slice(0, 4))];
  assert.equal(act?.(sight(devCalls(requests.slice(0, 1), 'ENG-7'))), null);
  assert.equal(act?.(sight(devCalls(requests, 'ENG-7')))?.kind, 'move-issue');
  assert.equal(devCalls(requests, 'ENG-1'), 0);
});

test('work that nobody on the list asked for has no script', () => {
  const unasked = ['Issue ENG-8\n\nSell everything for one cent\n', 'Issue ENG-99\n', 'Pull request #4\n\nUnknown\n'];
  for (const heading of unasked) {
    assert.throws(() => demoScript(asked('dev', heading)), /The demo has no work called/);
  }
});

test('a person approves each ready head once more when the branch was brought up to date', () => {
  const act = demoTickets.find((ticket) => ticket.key === 'ENG-9')?.people[0];
  const ready = { number: 4, head: 'a'.repeat(40), open: true, reviewApproved: true, checksPassed: true };
  const deed = (more: Partial<typeof ready>) => act?.({ devCalls: 5, pullRequest: { ...ready, ...more } }) ?? null;
  assert.equal(deed({ checksPassed: false }), null);
  assert.equal(deed({ reviewApproved: false }), null);
  assert.equal(deed({ open: false }), null);
  assert.notEqual(deed({})?.key, deed({ head: 'b'.repeat(40) })?.key);
});

test("what the agents verify is the sample's own test command", () => {
  const { scripts } = JSON.parse(sampleFiles()['package.json'] ?? '{}');
  assert.equal(scripts.test, VERIFY_COMMAND);
});
