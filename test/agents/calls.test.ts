/** Every call of a model and of a tool is an event of its run, with who, how much and how long. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commit, editFile, finish, runCommand } from '../world/models/agent-steps.ts';
import type { Script } from '../world/models/conversation.ts';
import { steps } from '../world/models/scripted-agent.ts';
import { inWorld, NOW } from './session-world.ts';

const HANDED_IN = { title: 'Let sum() add', summary: 'It subtracted.' };

test('a session leaves an event for each call, and their money is the money that was spent', async () => {
  let now = NOW;
  let overloaded = true;
  const work = steps(editFile('sum.js', 'a - b', 'a + b'), runCommand('echo hello; exit 3'), commit('Add'), {
    ...finish(HANDED_IN),
  });
  const script: Script = (request) => {
    now += 1_500;
    if (!overloaded) return work(request);
    overloaded = false;
    return { error: { status: 529 } };
  };
  await inWorld({ script, now: () => now }, async (world) => {
    const bot = world.boot();
    const run = world.addRun();
    bot.sessions.start(run);
    assert.equal((await bot.ended(run.id)).state, 'succeeded');
    const events = world.journal.rows.calls;
    assert.ok(events.every(({ subject }) => subject === `run:${run.id}`));
    const data = events.map((event) => event.data as Readonly<Record<string, unknown>>);
    assert.ok(data.every((one) => one.role === 'dev' && typeof one.durationMs === 'number'));
    const [refused, ...answered] = data.filter((one) => 'model' in one);
    assert.deepEqual([refused?.failure, refused?.microUsd, refused?.durationMs], ['unreachable', 0, 1_500]);
    assert.equal(answered.length, 4);
    const settled = [...world.journal.rows.spend.values()].map((one) => one.settled);
    assert.deepEqual(
      answered.map(({ microUsd, usage, model }) => ({ microUsd, usage, model })),
      settled.slice(1),
    );
    assert.deepEqual(
      data.flatMap((one) => ('tool' in one ? [[one.tool, one.doing, one.exitCode, one.isError]] : [])),
      [
        ['edit', 'edit: sum.js', null, false],
        ['bash', 'bash: echo hello; exit 3', 3, true],
        ['bash', "bash: git add -A && (git diff --cached --quiet || git commit -q -m 'Add')", 0, false],
        ['finish', 'finish', null, false],
      ],
    );
    const failed = events.find(({ text }) => text.includes('exit 3'));
    assert.match(failed?.text ?? '', /^dev ran bash: echo hello; exit 3: exit code 3, \d+ bytes, \d+ ms$/);
    const asked = events.findLast(({ kind }) => kind === 'model-call');
    assert.match(
      asked?.text ?? '',
      /^dev asked anthropic\/\S+: \d+ tokens in \(\d+ cached\), \d+ out, \$0\.\d{4}, 1500 ms$/,
    );
  });
});
