// A program whose model is away: the next model of the chain goes on, in the program's own conversation, and people hear of it.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Script, ScriptedRequest } from '../../world/models/conversation.ts';
import { NOW, type SessionWorld, startSessionWorld } from '../session-world.ts';
import { CONVERSING_PROGRAM } from './conversing-program.ts';

const FIRST = 'claude-sonnet-5-5';
const SECOND = 'claude-opus-5-5';
const CHAIN = [`anthropic/${FIRST}`, `anthropic/${SECOND}`];
const WORK = { text: 'Go on.' };

test('the next model goes on in the same conversation, and that is said', async () => {
  // The first model works once, and then no more.
  const script: Script = (request) =>
    request.model === FIRST && stepOf(request) > 0 ? { error: { status: 529 } } : WORK;
  await withProgram({ script, chain: CHAIN, retries: 2 }, async (world) => {
    const run = await runOnce(world);
    assert.equal(run.state, 'succeeded', run.endReason ?? '');
    assert.equal(run.model, CHAIN[1]);
    assert.ok(run.result?.kind === 'work' && run.result.summary === 'two,one');
    const asked = world.models.log.flatMap(({ request }) =>
      request === null ? [] : [[request.model, stepOf(request)] as const],
    );
    assert.deepEqual(asked, [
      [FIRST, 0],
      [FIRST, 1],
      [FIRST, 1],
      [FIRST, 1],
      [SECOND, 1],
      [SECOND, 2],
    ]);
    const told = /dev of ENG-12 goes on with anthropic\/claude-opus-5-5: anthropic\/claude-sonnet-5-5 was given up/;
    assert.equal(world.journal.rows.told.filter((text) => told.test(text)).length, 1);
    assert.match(run.endReason ?? '', told);
  });
});

test('a program that would try for ever is stopped when its model stays away; with no other model it goes on later', async () => {
  let now = NOW;
  const script: Script = () => {
    now += 25_000;
    return { error: { status: 529 } };
  };
  await withProgram({ script, chain: CHAIN.slice(0, 1), retries: 1_000, now: () => now }, async (world) => {
    const run = await runOnce(world);
    assert.equal(run.state, 'postponed');
    assert.match(run.endReason ?? '', /^No model of the chain of dev answered: .*status 529/);
    assert.equal(world.models.log.length, 4, 'given up after a minute');
    const spent = [...world.journal.rows.spend.values()];
    assert.ok(spent.every(({ settled }) => settled?.microUsd === 0));
  });
});

test('a model that refuses our key is given up at once', async () => {
  const script: Script = (request) => (request.model === FIRST ? { error: { status: 403 } } : WORK);
  await withProgram({ script, chain: CHAIN, retries: 1_000 }, async (world) => {
    const run = await runOnce(world);
    assert.equal(run.state, 'succeeded', run.endReason ?? '');
    assert.equal(world.models.log.filter(({ request }) => request?.model === FIRST).length, 1);
  });
});

test('a later run of the session is told what is new, and the program remembers the rest', async () => {
  await withProgram({ script: () => WORK, chain: CHAIN, retries: 0 }, async (world) => {
    const first = await runOnce(world);
    assert.equal(first.state, 'succeeded', first.endReason ?? '');
    const asked = world.models.log.length;
    const cause = { kind: 'crashed', runId: first.id } as const;
    const bot = bootWith(world);
    const next = world.addRun({ sessionId: first.sessionId, cause });
    bot.sessions.start(next);
    await bot.ended(next.id);
    const [again, ...more] = world.models.log.slice(asked).flatMap(({ request }) => request ?? []);
    assert.equal(more.length, 0);
    assert.ok(again !== undefined && stepOf(again) === 3, 'its own three steps are before it');
    const last = again.messages.at(-1);
    assert.ok(last?.kind === 'user' && last.text.includes('An earlier attempt at this ended'));
    assert.ok(!last.text.includes('Issue ENG-12'), 'what it knows is not said again');
  });
});

function stepOf(request: ScriptedRequest): number {
  return request.messages.filter((message) => message.kind === 'assistant').length;
}

async function runOnce(world: SessionWorld) {
  const bot = bootWith(world);
  const run = world.addRun();
  bot.sessions.start(run);
  return await bot.ended(run.id);
}

function bootWith(world: SessionWorld) {
  return world.boot({
    endpoint: (model) => ({
      protocol: 'anthropic',
      baseUrl: world.models.url,
      apiKey: 'key-for-models',
      modelName: model.slice(model.indexOf('/') + 1),
    }),
  });
}

async function withProgram(
  options: {
    readonly script: Script;
    readonly chain: readonly string[];
    readonly retries: number;
    readonly now?: () => number;
  },
  act: (world: SessionWorld) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'heartline-program-'));
  const command = join(folder, 'program.cjs');
  await writeFile(command, CONVERSING_PROGRAM, { mode: 0o755 });
  const { script, chain, retries, now } = options;
  const world = await startSessionWorld({
    script,
    chain,
    verify: [],
    role: { driver: 'stranger' },
    drivers: { stranger: { kind: 'claude', command, args: [], environment: { RETRIES: String(retries) } } },
    ...(now === undefined ? {} : { now }),
  });
  try {
    await act(world);
  } finally {
    await world.close();
    await rm(folder, { recursive: true, force: true });
  }
}
