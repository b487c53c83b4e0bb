// The bot is killed outright while somebody else's program asks its model for the second time. The program goes on where
// it was, in its own conversation: one call is made twice, no commit is lost, and what was in flight is paid at its worst.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { CONVERSING_PROGRAM } from '../agents/external/conversing-program.ts';
import { need } from '../needs.ts';
import { startBotProcess } from '../world/bot-process.ts';
import { bwrapWorks } from '../world/bwrap-works.ts';
import type { Script, ScriptedRequest } from '../world/models/conversation.ts';
import { processesUnder } from '../world/processes-under.ts';
import { CHECK, startWorld } from '../world/start-world.ts';
import { HELLO, wellBehaved } from './agents.ts';
import { FILES, stateOf } from './story.ts';

const room = need('bwrap', await bwrapWorks(), 'sudo apt-get install -y bubblewrap');

const SURFACES = [
  { kind: 'claude', chain: 'anthropic/claude-sonnet-5-5', forgetful: false },
  { kind: 'codex', chain: 'openai/gpt-5.4', forgetful: false },
  { kind: 'acp', chain: 'compatible/gpt-5.4-mini', forgetful: false },
  { kind: 'claude', chain: 'anthropic/claude-sonnet-5-5', forgetful: true },
] as const;

for (const { kind, chain, forgetful } of SURFACES) {
  const what = forgetful ? 'that keeps nothing begins once more' : 'goes on where it was';
  test(`a program started as ${kind} ${what} when the bot was killed`, room, async (t) => {
    const root = await mkdtemp(join(tmpdir(), 'heartline kill '));
    const tools = join(root, 'tools');
    await mkdir(join(tools, 'bin'), { recursive: true });
    await writeFile(join(tools, 'bin', 'stranger'), CONVERSING_PROGRAM, { mode: 0o755 });
    const steps: number[] = [];
    const companions: number[] = [];
    let kill: () => Promise<void> = async () => undefined;
    const script: Script = async (request) => {
      if (!textOf(request).includes("Heartline's dev agent")) return await wellBehaved(request);
      const step = request.messages.filter((message) => message.kind === 'assistant').length;
      steps.push(step);
      companions.push(await companionsAlive());
      if (steps.length === 2) await kill();
      return { text: 'Go on.' };
    };
    const environment = forgetful ? { FORGETFUL: '1' } : {};
    const world = await startWorld({
      root,
      issues: [HELLO],
      files: FILES,
      script,
      jobs: [{ name: CHECK, command: ['sh', 'check.sh'], timeoutMs: 20_000 }],
      verify: [],
      settings: {
        drivers: { stranger: { kind, command: 'stranger', environment } },
        roles: {
          dev: { chain: [chain], driver: 'stranger', runUsd: 5 },
          review: { chain: ['openai/gpt-5.4'], runUsd: 2 },
          audit: { chain: ['anthropic/claude-opus-5-5'], runUsd: 2 },
          devops: { chain: ['compatible/gpt-5.4-mini'], runUsd: 3 },
        },
        isolation: { driver: 'bwrap', toolchains: [tools] },
      },
    });
    const over = Promise.withResolvers<void>();
    const bot = startBotProcess({ world, onDeath: (why) => over.reject(new Error(why)) });
    kill = bot.kill;
    t.after(async () => {
      if (bot.pid() !== null) await bot.stop();
      await world.close();
      await rm(root, { recursive: true, force: true });
    });
    const stop = world.linear.onChange(() => {
      const comment = world.linear.state.comments[0]?.body ?? '';
      const done = stateOf(world, 'ENG-1') === 'Done' && comment.startsWith('**Done**');
      if (done || comment.startsWith('**Parked')) over.resolve();
    });
    await over.promise;
    stop();
    await bot.stop();
    assert.equal(stateOf(world, 'ENG-1'), 'Done', world.linear.state.comments[0]?.body);
    assert.deepEqual(steps, forgetful ? [0, 1, 0, 1, 2] : [0, 1, 1, 2], 'only what was in flight is asked twice');
    assert.deepEqual(
      companions,
      steps.map(() => 1),
      'nothing of the killed program lives on',
    );
    assert.deepEqual(await processesUnder(root), []);

    const rows = new DatabaseSync(join(world.dataDir, 'heartline.db'), { readOnly: true });
    const runs = rows.prepare("SELECT id, cause, state, result FROM run WHERE role = 'dev'").all();
    assert.equal(runs.length, 1, 'a death of the bot is no round and no new run');
    assert.equal(runs[0]?.state, 'succeeded');
    const { summary } = JSON.parse(String(runs[0]?.result)) as { readonly summary: string };
    assert.match(summary, forgetful ? /one$/ : /^two,one$/, 'what was committed before is there');
    const spent = rows
      .prepare('SELECT reserved_micro_usd AS reserved, settled_micro_usd AS settled, usage FROM spend WHERE run_id = ?')
      .all(String(runs[0]?.id));
    rows.close();
    assert.equal(spent.length, steps.length);
    const inFlight = spent.filter(({ usage }) => usage === null);
    assert.equal(inFlight.length, 1);
    assert.equal(
      inFlight[0]?.settled,
      inFlight[0]?.reserved,
      'nobody knows what it cost, so it cost the most it could',
    );
    for (const { reserved, settled, usage } of spent) assert.ok(usage === null || Number(settled) < Number(reserved));
  });
}

function textOf(request: ScriptedRequest): string {
  return [request.system, ...request.messages.map((message) => ('text' in message ? message.text : ''))].join('\n');
}

async function companionsAlive(): Promise<number> {
  const pids = (await readdir('/proc')).filter((pid) => /^\d+$/.test(pid));
  const commands = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return commands.filter((command) => command.startsWith('sh\0-c\0') && command.includes('# companion')).length;
}
