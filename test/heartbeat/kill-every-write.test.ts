// The real process is killed outright at every kind of outside write, once before its effect and once after it with the
// answer lost. The issue still ends merged, once, and nothing of the bot is left running.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { need } from '../needs.ts';
import { startBotProcess } from '../world/bot-process.ts';
import { bwrapWorks } from '../world/bwrap-works.ts';
import { processesUnder } from '../world/processes-under.ts';
import { CHECK, startWorld } from '../world/start-world.ts';
import { HELLO, wellBehaved } from './agents.ts';
import { FILES, stateOf } from './story.ts';

const room = need('bwrap', await bwrapWorks(), 'sudo apt-get install -y bubblewrap');

test('killed before and after every write, an issue is still merged once', room, async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'heartline kill '));
  const killed = new Set<string>();
  let dying = false;
  let kill: () => Promise<void> = async () => undefined;
  const world = await startWorld({
    root,
    issues: [HELLO],
    files: FILES,
    script: wellBehaved,
    jobs: [{ name: CHECK, command: ['sh', 'check.sh'], timeoutMs: 20_000 }],
    verify: [],
    onEffect: async (call, phase) => {
      const point = `${call.service} ${call.operation} ${phase}`;
      if (!call.write || dying || killed.has(point)) return;
      killed.add(point);
      dying = true;
      await kill();
      dying = false;
    },
  });
  const bot = startBotProcess({ world });
  kill = bot.kill;
  t.after(async () => {
    await bot.stop();
    await world.close();
    await rm(root, { recursive: true, force: true });
  });

  await new Promise<void>((resolve) => {
    const stop = world.linear.onChange(() => {
      const comment = world.linear.state.comments[0]?.body ?? '';
      if (stateOf(world, 'ENG-1') !== 'Done' || !comment.startsWith('**Done**')) return;
      stop();
      resolve();
    });
  });
  await bot.stop();

  const { effects } = world.github.log;
  assert.equal(effects.filter((effect) => effect.kind === 'pull-request-created').length, 1);
  assert.equal(effects.filter((effect) => effect.kind === 'merge').length, 1);
  assert.equal(effects.filter((effect) => effect.kind === 'review').length, 1);
  assert.equal(world.linear.state.comments.length, 1);
  assert.equal(world.linear.state.attachments.length, 1);
  const moves = world.linear.log.filter((effect) => effect.kind === 'state-move').map((effect) => effect.to);
  assert.deepEqual(moves, ['In Progress', 'In Review', 'Done']);
  assert.deepEqual(world.github.violations, []);
  assert.deepEqual(await processesUnder(root), []);
  // Linear: move, comment made, comment edited, link; GitHub: push, open, review, status, merge; models; each twice.
  assert.ok(killed.size >= 18, `killed at ${killed.size} points: ${[...killed].join('; ')}`);
});
