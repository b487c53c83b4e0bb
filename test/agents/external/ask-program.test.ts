// Sessions with a program of somebody else in the place of our loop: what it says is believed in nothing, what it spends is counted.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Run } from '../../../src/domain/run.ts';
import type { RoleSettings } from '../../../src/domain/settings.ts';
import type { Script } from '../../world/models/conversation.ts';
import { type SessionWorld, startSessionWorld } from '../session-world.ts';
import { PROGRAM } from './program.ts';

const REAL_KEY = 'key-for-models';

test('work is taken over, and the room held no key', async () => {
  await withProgram('honest', {}, async (world, run) => {
    assert.equal(run.state, 'succeeded', run.endReason ?? '');
    assert.ok(run.result?.kind === 'work');
    const environment = JSON.parse(run.result.summary) as Record<string, string>;
    assert.equal(environment.ANTHROPIC_API_KEY, 'not-a-key');
    assert.ok(!run.result.summary.includes(REAL_KEY));
    const [call] = world.models.log;
    assert.equal(call?.key, REAL_KEY);
    assert.equal(call?.model, 'claude-sonnet-5-5');
    const [spent] = [...world.journal.rows.spend.values()];
    assert.ok(spent?.settled !== null && (spent?.settled.microUsd ?? 0) > 0);
  });
});

test('exit code 0 and fine words are no result', async () => {
  await withProgram('says-done', {}, async (_world, run) => {
    assert.equal(run.state, 'stalled');
    assert.match(run.endReason ?? '', /no new commit/);
  });
});

test('a result without commits is refused, and refused again', async () => {
  await withProgram('hands-in-nothing-done', {}, async (_world, run) => {
    assert.notEqual(run.state, 'succeeded');
    assert.equal(run.result, null);
  });
});

test('the cap of calls ends the program', async () => {
  await withProgram('never-stops', { turnsMax: 3 }, async (world, run) => {
    assert.equal(run.state, 'failed');
    assert.match(run.endReason ?? '', /within 3 model calls/);
    assert.equal(world.models.log.length, 3);
  });
});

test('the cap of money is asked before a call leaves', async () => {
  await withProgram('never-stops', { runMicroUsdMax: 10 }, async (world, run) => {
    assert.equal(run.state, 'awaiting-human');
    assert.match(run.endReason ?? '', /cap of this run/);
    assert.equal(world.models.log.length, 0);
  });
});

test('only calls of the model are passed on', async () => {
  await withProgram('goes-astray', {}, async (world, run) => {
    assert.ok(run.result?.kind === 'work', run.endReason ?? '');
    assert.equal(run.result.summary, '404,404,404,404');
    assert.equal(world.models.log.length, 0);
  });
});

test('what was handed in before the bot stopped is taken, and nobody is asked again', async () => {
  const gate = waitingAt(2);
  await withWorld(
    'hands-in-and-goes-on',
    {},
    {},
    async (world) => {
      const { id } = await stopped(world, gate);
      const ended = await restarted(world, id);
      assert.ok(ended.result?.kind === 'work', ended.endReason ?? '');
      assert.equal(ended.result.summary, 'Before the end.');
      assert.equal(gate.asked(), 2);
    },
    gate.script,
  );
});

test('a new process goes on counting calls where the last one stopped', async () => {
  const gate = waitingAt(2);
  await withWorld(
    'never-stops',
    { turnsMax: 3 },
    {},
    async (world) => {
      const { id } = await stopped(world, gate);
      assert.match((await restarted(world, id)).endReason ?? '', /within 3 model calls/);
      assert.equal(gate.asked(), 3);
    },
    gate.script,
  );
});

test('locks that a killed git left do not stand in the way', async () => {
  const gate = waitingAt(1);
  await withWorld(
    'honest',
    {},
    {},
    async (world) => {
      const { id } = await stopped(world, gate);
      await writeFile(join(world.workspace('ENG-12-1'), 'tree', '.git', 'index.lock'), '');
      // As when the handing over itself was killed.
      await writeFile(join(world.workspace('ENG-12-1'), 'out', 'work.bundle.lock'), '');
      const ended = await restarted(world, id);
      assert.equal(ended.state, 'succeeded', ended.endReason ?? '');
    },
    gate.script,
  );
});

interface Gate {
  readonly script: Script;
  readonly reached: Promise<void>;
  asked(): number;
}

/** A model that never answers one of its calls. */
function waitingAt(number: number): Gate {
  const { promise, resolve } = Promise.withResolvers<void>();
  let asked = 0;
  return {
    reached: promise,
    asked: () => asked,
    script: () => {
      asked += 1;
      if (asked !== number) return { text: 'Go on.' };
      resolve();
      return new Promise(() => {});
    },
  };
}

/** A run whose bot stops while its program waits for an answer of the model. */
async function stopped(world: SessionWorld, gate: Gate): Promise<Run> {
  const bot = bootWith(world);
  const run = world.addRun();
  bot.sessions.start(run);
  await gate.reached;
  await bot.sessions.drain();
  return run;
}

async function restarted(world: SessionWorld, id: string): Promise<Run> {
  const bot = bootWith(world);
  const run = world.journal.rows.runs.get(id);
  assert.ok(run?.state === 'running');
  bot.sessions.start(run);
  return await bot.ended(id);
}

test('a cancelled run leaves no process behind, daemons included', async () => {
  const marker = `marker-${randomUUID()}`;
  await withWorld('hangs', {}, { MARKER: marker }, async (world) => {
    const bot = bootWith(world);
    const run = world.addRun();
    const called = new Promise<void>((resolve) => world.models.onChange(resolve));
    bot.sessions.start(run);
    await Promise.race([called, bot.ended(run.id)]);
    assert.ok(processesWith(marker) > 0);
    await bot.sessions.cancel(run.id, 'Stopped by Ada.');
    assert.equal(processesWith(marker), 0);
    assert.equal((await bot.ended(run.id)).state, 'cancelled');
    const spent = [...world.journal.rows.spend.values()];
    assert.ok(spent.every((one) => one.settled !== null));
  });
});

async function withProgram(
  conduct: string,
  role: Partial<RoleSettings>,
  check: (world: SessionWorld, run: Run) => Promise<void>,
): Promise<void> {
  await withWorld(conduct, role, {}, async (world) => {
    const bot = bootWith(world);
    const run = world.addRun();
    bot.sessions.start(run);
    await check(world, await bot.ended(run.id));
  });
}

function bootWith(world: SessionWorld) {
  return world.boot({
    endpoint: (model) => ({
      protocol: 'anthropic',
      baseUrl: world.models.url,
      apiKey: REAL_KEY,
      modelName: model.slice(model.indexOf('/') + 1),
    }),
  });
}

async function withWorld(
  conduct: string,
  role: Partial<RoleSettings>,
  environment: Readonly<Record<string, string>>,
  act: (world: SessionWorld) => Promise<void>,
  script: Script = () => ({ text: 'Go on.' }),
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'heartline-program-'));
  const command = join(folder, 'program.cjs');
  await writeFile(command, PROGRAM, { mode: 0o755 });
  const world = await startSessionWorld({
    script,
    role: { driver: 'stranger', ...role },
    drivers: { stranger: { kind: 'claude', command, args: [], environment: { CONDUCT: conduct, ...environment } } },
  });
  try {
    await act(world);
  } finally {
    await world.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function processesWith(marker: string): number {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`# ${marker}`);
    } catch {
      return false;
    }
  }).length;
}
