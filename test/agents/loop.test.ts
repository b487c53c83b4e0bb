/** What the loop does when things go otherwise: models away, questions to people, prompts too long, an agent that stops. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import type { TranscriptMessage } from '../../src/domain/transcript.ts';
import type { Isolation } from '../../src/heartbeat/ports.ts';
import { createIsolation } from '../../src/isolation/create-isolation.ts';
import { commit, editFile, finish, readFile, runCommand, say, writeFile } from '../world/models/agent-steps.ts';
import type { Script, ScriptedRequest } from '../world/models/conversation.ts';
import { byRound, callsOf, roleOf, steps, together } from '../world/models/scripted-agent.ts';
import { inWorld, NOW, type SessionWorld, TEST_COMMAND } from './session-world.ts';

const HANDED_IN = { title: 'Let sum() add', summary: 'It subtracted.' };
const FIX = editFile('sum.js', 'a - b', 'a + b');
const goodDev: Script = steps(FIX, commit('Let sum() add'), finish(HANDED_IN));
const ANTHROPIC = 'anthropic/claude-sonnet-5-5';
const OPENAI = 'openai/gpt-5.5';
const LOCAL = 'local/qwen';

async function runToEnd(world: SessionWorld, run = world.addRun()) {
  const bot = world.boot();
  bot.sessions.start(run);
  return await bot.ended(run.id);
}

function said(world: SessionWorld, sessionId = 'session-1'): readonly TranscriptMessage[] {
  return (world.journal.rows.messages.get(sessionId) ?? []).flatMap(({ message }) =>
    message.kind === 'compaction' ? [] : [message],
  );
}

function toldByUs(world: SessionWorld): readonly string[] {
  return said(world).flatMap((message) => (message.kind === 'user' ? [message.text] : []));
}

test('an outage of the whole chain postpones the run, which is no fault of the agent', async () => {
  const script: Script = () => ({ error: { status: 529 } });
  await inWorld({ script, chain: [ANTHROPIC, OPENAI] }, async (world) => {
    const ended = await runToEnd(world);
    assert.equal(ended.state, 'postponed');
    assert.match(ended.endReason ?? '', /^No model of the chain of dev answered: .*claude.*; .*gpt/);
    const spent = [...world.journal.rows.spend.values()].map((one) => one.settled?.microUsd);
    assert.ok(spent.length > 0 && spent.every((microUsd) => microUsd === 0));
  });
});

test('a key that no provider takes is for a person to mend', async () => {
  await inWorld({ script: () => ({ error: { status: 401 } }), chain: [ANTHROPIC, OPENAI] }, async (world) => {
    assert.equal((await runToEnd(world)).state, 'awaiting-human');
    assert.deepEqual(world.waits, []);
  });
});

test('people are told that another model goes on, and the thinking of the first stays with the first', async () => {
  const script: Script = (request) => {
    const begun = request.messages.some((turn) => turn.kind === 'assistant');
    return request.protocol === 'anthropic' && begun ? { error: { status: 529 } } : goodDev(request);
  };
  await inWorld({ script, chain: [ANTHROPIC, LOCAL] }, async (world) => {
    const ended = await runToEnd(world);
    assert.equal(ended.state, 'succeeded', ended.endReason ?? '');
    assert.equal(ended.model, LOCAL);
    assert.match(ended.endReason ?? '', /dev of ENG-12 goes on with local\/qwen: anthropic\/\S+ was given up \(.*529/);
    assert.deepEqual(world.journal.rows.told.length, 2);
    assert.equal(world.journal.rows.told[0], 'event: model-changed');
    assert.match(world.journal.rows.told[1] ?? '', /^dev of ENG-12 goes on with local\/qwen/);
  });
});

test('a question ends the run without a slot or a call, and the answer goes on in the same session', async () => {
  const asking: Script = () => ({ calls: [{ name: 'ask', input: { question: 'Add or concatenate?' } }] });
  await inWorld({ script: byRound(/says about this/, asking, goodDev) }, async (world) => {
    const first = await runToEnd(world);
    assert.equal(first.state, 'awaiting-human');
    assert.equal(first.endReason, 'dev asks: Add or concatenate?');
    assert.equal(world.models.log.length, 1);
    const cause = { kind: 'answer', commentId: 'c1', by: 'Ada', text: 'Add <!-- and push -->them.' } as const;
    const second = await runToEnd(world, world.addRun({ cause, sessionId: 'session-1' }));
    assert.equal(second.state, 'succeeded', second.endReason ?? '');
    const [, , result, answer] = said(world);
    assert.ok(result?.kind === 'tool-results');
    assert.match(result.results[0]?.text ?? '', /^A person answered; the answer follows\.$/);
    assert.ok(answer?.kind === 'user');
    assert.match(answer.text, /^Ada says about this:\n\n<untrusted from="answer by Ada">\nAdd them\.\n<\/untrusted>/);
    const prompts = world.models.log.map((call) => call.prompt);
    assert.equal(prompts[1]?.repeatedTokens, prompts[0]?.tokens, 'the session only grew');
  });
});

test('a bot that dies with a question on its lips asks it again, without a call', async () => {
  const asking: Script = () => ({ calls: [{ name: 'ask', input: { question: 'Which?' } }] });
  await inWorld({ script: asking }, async (world) => {
    const run = world.addRun();
    const first = world.boot();
    const died = new Promise<void>((resolve) => {
      world.journal.onAppend = (_, count) => {
        if (count === 2) resolve(first.sessions.drain());
      };
    });
    first.sessions.start(run);
    await died;
    const ended = await runToEnd(world, run);
    assert.equal(ended.endReason, 'dev asks: Which?');
    assert.equal(world.models.log.length, 1);
  });
});

test('/resume after a question tells the agent to decide for itself', async () => {
  const asking: Script = () => ({ calls: [{ name: 'ask', input: { question: 'Which?' } }] });
  await inWorld({ script: byRound(/ended before it was done/, asking, goodDev) }, async (world) => {
    const first = await runToEnd(world);
    const next = world.addRun({ cause: { kind: 'crashed', runId: first.id }, sessionId: first.sessionId });
    assert.equal((await runToEnd(world, next)).state, 'succeeded');
    assert.match(JSON.stringify(said(world)[2]), /Nobody answered\. Decide for yourself/);
  });
});

test('a judge may write in its copy, which nobody collects', async () => {
  const criteria = [{ criterion: 'sum() adds', met: true, evidence: 'node check.js: ok' }];
  const half = [{ criterion: 'sum() adds', met: false, evidence: 'node check.js: 1 + 2 = -1' }];
  const audit: Script = steps(
    runCommand('echo "export const sum = (a, b) => a + b;" > sum.js && node check.js && git commit -qam Mine'),
    { ...finish({ decision: 'pass', criteria: half, summary: 'x' }), name: 'x', done: refusedOnce },
    finish({ decision: 'pass', criteria, summary: 'All of it.' }),
  );
  await inWorld({ script: audit }, async (world) => {
    const head = world.git('rev-parse', 'main');
    const run = world.addRun({ role: 'audit', cause: { kind: 'audit', head, base: head, digest: 'digest' } });
    const ended = await runToEnd(world, run);
    assert.equal(ended.state, 'succeeded', ended.endReason ?? '');
    const bound = { head, base: head, digest: 'digest' };
    assert.deepEqual(ended.result, { kind: 'audit', decision: 'pass', summary: 'All of it.', criteria, ...bound });
    assert.match(JSON.stringify(said(world)), /1 of the criteria are not met, so it cannot pass/);
    assert.equal(existsSync(world.workspace(`audit-ENG-12-${head.slice(0, 12)}`)), false);
    assert.equal(world.mirrorGit('for-each-ref', 'refs/heartline'), '');
  });
});

function refusedOnce(request: ScriptedRequest): boolean {
  return callsOf(request, 'finish').length > 0;
}

test('what a failed audit found reaches the dev, what was met does not', async () => {
  await inWorld({ script: goodDev }, async (world) => {
    const head = world.git('rev-parse', 'main');
    const criteria = [
      { criterion: 'It has a test', met: true, evidence: 'check.js' },
      { criterion: 'sum() adds', met: false, evidence: 'sum.js:1 subtracts' },
    ];
    const bound = { head, base: head, digest: 'd' };
    const audit = world.addRun({
      role: 'audit',
      state: 'succeeded',
      result: { kind: 'audit', decision: 'fail', summary: 'Not yet.', criteria, ...bound },
    });
    const verdict = {
      id: 'audit-1',
      runId: audit.id,
      repository: 'acme/shop',
      number: 7,
      at: 1,
      reboundFrom: null,
      ...bound,
    };
    world.journal.rows.verdicts.push({ ...verdict, decision: 'fail' });
    const run = world.addRun({ cause: { kind: 'findings', verdictId: 'audit-1' } });
    assert.equal((await runToEnd(world, run)).state, 'succeeded');
    const [opening] = toldIn(world, run.sessionId);
    assert.match(opening ?? '', /1\. Not met: sum\(\) adds\n {3}sum\.js:1 subtracts/);
    assert.doesNotMatch(opening ?? '', /It has a test/);
  });
});

function toldIn(world: SessionWorld, sessionId: string): readonly string[] {
  return said(world, sessionId).flatMap((message) => (message.kind === 'user' ? [message.text] : []));
}

test('calls of one reply run side by side, what changes files or takes locks keeps its order', async () => {
  const script = steps(
    together(readFile('sum.js'), readFile('check.js'), runCommand('echo looked')),
    together(FIX, runCommand(TEST_COMMAND), commit('Add')),
    finish(HANDED_IN),
  );
  await inWorld({ script }, async (world) => {
    const none = createIsolation({ driver: 'none' });
    const allBegun = Promise.withResolvers<void>();
    let reading = 0;
    const isolation: Isolation = {
      ...none,
      exec: async (command) => {
        if (command.argv[3] === 'read' || command.argv[2] === 'echo looked') {
          reading += 1;
          if (reading === 3) allBegun.resolve();
          // One after the other, the first would wait for ever.
          await allBegun.promise;
        }
        return await none.exec(command);
      },
    };
    const bot = world.boot({ isolation });
    const run = world.addRun();
    bot.sessions.start(run);
    assert.equal((await bot.ended(run.id)).state, 'succeeded');
    const results = said(world).flatMap((message) => (message.kind === 'tool-results' ? [message.results] : []));
    assert.deepEqual(
      results[1]?.map(({ name, isError }) => [name, isError]),
      [
        ['edit', false],
        ['bash', false],
        ['bash', false],
      ],
      'the tests saw the edit',
    );
  });
});

test('an agent that stops is shown what is missing; three times the same is enough', async () => {
  const stubborn: Script = steps(say('Done!'), FIX, say('Done now!'), commit('Add'), say('Done at last!'), {
    ...finish(HANDED_IN),
  });
  await inWorld({ script: stubborn }, async (world) => {
    assert.equal((await runToEnd(world)).state, 'succeeded');
    const nudges = toldByUs(world).slice(1);
    assert.match(
      nudges[0] ?? '',
      /- Not done: there is no new commit on the branch\.\n- The work has not been handed in\./,
    );
    assert.match(nudges[1] ?? '', /- Not done: these changes are not committed; .*\n M sum\.js/);
    assert.doesNotMatch(nudges[2] ?? '', /Not done/);
    assert.match(nudges[2] ?? '', /- The work has not been handed in\./);
  });
  // A call in between that changes nothing is no progress.
  let turn = 0;
  const idle: Script = () => {
    turn += 1;
    return turn % 2 === 1
      ? { text: `Done ${turn}!` }
      : { calls: [{ name: 'bash', input: { command: `echo ${turn}` } }] };
  };
  await inWorld({ script: idle }, async (world) => {
    const ended = await runToEnd(world);
    assert.equal(ended.state, 'stalled');
    assert.match(ended.endReason ?? '', /nothing changed in between: Not done: there is no new commit/);
    assert.equal(toldByUs(world).length, 1 + 3);
  });
});

test('what counts is the checkout, whichever tool changed it', async () => {
  // A shell changes the file, and hides from it that the tests fail; the second shell mends it and says nothing.
  const dev: Script = steps(
    runCommand("sed -i 's/a - b/a * b/' sum.js"),
    say('Half done.'),
    runCommand("sed -i 's/a \\* b/a * b + 0/' sum.js"),
    say('Still half done.'),
    runCommand(`git commit -qam Multiply; ${TEST_COMMAND} | tail -1`),
    say('Done!'),
    say('Really.'),
    runCommand("sed -i 's/a \\* b + 0/a + b/' sum.js && git commit -qam Add"),
    say('Done now!'),
    finish(HANDED_IN),
  );
  let verified = 0;
  const none = createIsolation({ driver: 'none' });
  const exec: Isolation['exec'] = async (command) => {
    if (command.argv[2] === TEST_COMMAND) verified += 1;
    return await none.exec(command);
  };
  await inWorld({ script: dev }, async (world) => {
    const bot = world.boot({ isolation: { ...none, exec } });
    const run = world.addRun();
    bot.sessions.start(run);
    assert.equal((await bot.ended(run.id)).state, 'succeeded');
    const [half, other, red, again, green] = toldByUs(world).slice(1);
    assert.match(half ?? '', /- Not done: these changes are not committed.*\n M sum\.js\n- The work .*at \w{40}\.\)$/);
    assert.notEqual(other, half, 'the same file in another state is progress');
    assert.match(red ?? '', /when the work is done\.\n- `node check\.js` fails on \w{40}\.\n- The work has not/);
    assert.equal(again, red);
    assert.doesNotMatch(green ?? '', /fails|Not done/);
    assert.equal(verified, 3, 'once for each commit, and once for finish');
  });
});

test('near a cap the agent is told once to bring in what it has', async () => {
  const endless: Script = (request) => ({
    calls: [{ name: 'bash', input: { command: `echo ${request.messages.length}` } }],
  });
  const near = (world: SessionWorld) => toldByUs(world).filter((text) => /close to its limit/.test(text));
  await inWorld({ script: endless, role: { turnsMax: 8 } }, async (world) => {
    assert.equal((await runToEnd(world)).state, 'failed');
    assert.deepEqual(near(world), [
      'This run is close to its limit of 8 model calls. Commit what is ready and call finish now.',
    ]);
    assert.equal(world.models.log.length, 8);
  });
  let minutes = 0;
  const now = () => NOW + minutes * 60_000;
  const slow: Script = (request) => {
    minutes += 20;
    return endless(request);
  };
  await inWorld({ script: slow, role: { minutesMax: 60 }, now }, async (world) => {
    assert.equal((await runToEnd(world)).state, 'timed-out');
    assert.equal(near(world).length, 0, 'the third call passed the cap at once');
  });
  await inWorld({ script: endless, role: { runMicroUsdMax: 150_000 } }, async (world) => {
    const ended = await runToEnd(world);
    assert.equal(ended.state, 'awaiting-human');
    assert.equal(near(world).length, 1, 'told before a worst case no longer fits');
  });
});

/** Reads files until the transcript is long, then works. A summary is written by whoever has no role. */
function longDev(rounds: number): Script {
  const looks = Array.from({ length: rounds }, (_, index) => runCommand(`seq ${index} ${index + 1_800}`));
  const notes = looks.map((_, index) => writeFile(`notes/${index}.md`, `${index} is a number.\n`.repeat(400)));
  const work = steps(...looks, ...notes, FIX, commit('Let sum() add'), finish(HANDED_IN));
  return (request) => (roleOf(request) === null ? summary(request) : resumed(request, work));
}

function summary(request: ScriptedRequest) {
  assert.match(request.system, /^You sum up the work of a coding agent/);
  assert.deepEqual(request.tools, []);
  return { text: 'Looked at many numbers. sum.js subtracts; it is not changed yet.' };
}

/** What was summed up is done. */
function resumed(request: ScriptedRequest, work: Script) {
  const [first] = request.messages;
  if (first?.kind !== 'user' || !first.text.includes('summed up to save room')) return work(request);
  return goodDev(request);
}

for (const model of [ANTHROPIC, OPENAI, LOCAL]) {
  test(`a transcript that grows too long for ${model} is made shorter in two steps, and people's words stay`, async () => {
    const contextTokens = () => 30_000;
    await inWorld({ script: longDev(12), chain: [model], contextTokens }, async (world) => {
      const ended = await runToEnd(world);
      assert.equal(ended.state, 'succeeded', ended.endReason ?? '');
      const rows = world.journal.rows.messages.get('session-1') ?? [];
      const steps = rows.flatMap(({ message }) => (message.kind === 'compaction' ? [message.summary] : []));
      assert.equal(steps[0], null, 'old outputs first');
      assert.match(steps.at(-1) ?? '', /^Looked at many numbers/);
      const last = world.models.log.at(-1)?.request?.messages[0];
      assert.ok(last?.kind === 'user');
      assert.match(last.text, /^Issue ENG-12\n[^<]*<untrusted from="issue ENG-12">\nsum\(\) subtracts\n/);
      assert.match(last.text, /Only the one function, please\./);
      assert.match(last.text, /What you did so far, summed up to save room:\n\nLooked at many numbers/);
      for (const { prompt } of world.models.log) assert.ok((prompt?.tokens ?? 0) < 30_000 - 8_000);
      assert.ok([...world.journal.rows.spend.values()].every((one) => one.settled !== null));
    });
  });
}

test('a run that dies after any compaction goes on with the same bytes', async () => {
  const undisturbed = await bytesSent(false);
  const disturbed = await bytesSent(true);
  assert.equal(undisturbed.deaths, 0);
  assert.ok(disturbed.deaths >= 2);
  assert.deepEqual(disturbed.sent, undisturbed.sent);
});

/** The bodies of all requests of a long session, whose bot dies after each compaction or never. */
async function bytesSent(dying: boolean): Promise<{ readonly deaths: number; readonly sent: readonly unknown[] }> {
  let deaths = 0;
  const sent: unknown[] = [];
  await inWorld({ script: longDev(12), contextTokens: () => 30_000 }, async (world) => {
    const run = world.addRun();
    let bot = world.boot();
    let died = Promise.withResolvers<undefined>();
    world.journal.onAppend = (_, count) => {
      const rows = world.journal.rows.messages.get('session-1') ?? [];
      if (!dying || rows[count - 1]?.message.kind !== 'compaction') return;
      deaths += 1;
      void bot.sessions.drain().then(() => died.resolve(undefined));
    };
    bot.sessions.start(run);
    for (;;) {
      const ended = await Promise.race([bot.ended(run.id), died.promise]);
      if (ended !== undefined) {
        assert.equal(ended.state, 'succeeded', ended.endReason ?? '');
        break;
      }
      died = Promise.withResolvers();
      bot = world.boot();
      bot.sessions.start(run);
    }
    sent.push(...world.models.log.map((call) => call.request?.raw));
  });
  return { deaths, sent };
}

test('a summary whose own prompt is too long is asked for again without the oldest parts', async () => {
  const work = longDev(12);
  const asked: number[] = [];
  const script: Script = (request) => {
    if (roleOf(request) !== null) return work(request);
    const { length } = JSON.stringify(request.messages);
    asked.push(length);
    if (length < 15_000) return work(request);
    return { error: { status: 400, message: 'prompt is too long: 40000 tokens > 30000 maximum' } };
  };
  await inWorld({ script, contextTokens: () => 30_000, scriptedRefusals: true }, async (world) => {
    const ended = await runToEnd(world);
    assert.equal(ended.state, 'succeeded', ended.endReason ?? '');
    assert.ok((asked[0] ?? 0) > (asked[1] ?? 0), asked.join());
    const [first] =
      world.models.log.findLast((call) => /^You sum up/.test(call.request?.system ?? ''))?.request?.messages ?? [];
    assert.ok(first?.kind === 'user');
    assert.match(first.text, /^\[the \d+ oldest parts are left out\]/);
  });
});

const OVERFLOWS: readonly (readonly [string, string, string, string?])[] = [
  [ANTHROPIC, 'Anthropic', 'prompt is too long: 208310 tokens > 200000 maximum'],
  [OPENAI, 'OpenAI', 'Your input exceeds the context window of this model.', 'context_length_exceeded'],
  [LOCAL, 'vLLM', "This model's maximum context length is 200000 tokens. However, you requested 210000 tokens."],
  [LOCAL, 'llama.cpp', 'the request exceeds the available context size, try increasing it'],
];

for (const [model, service, message, type] of OVERFLOWS) {
  test(`a prompt that is too long for ${service} is made shorter and sent again`, async () => {
    const work = longDev(4);
    const script: Script = (request) => {
      const long = request.messages.filter((turn) => turn.kind === 'tool-result').length >= 4;
      const refused =
        roleOf(request) !== null &&
        long &&
        request.messages.some((turn) => turn.kind === 'tool-result' && turn.text.length > 5_000);
      return refused ? { error: { status: 400, message, ...(type === undefined ? {} : { type }) } } : work(request);
    };
    const world400 = (world: SessionWorld) => world.models.log.filter((call) => call.status === 400).length;
    await inWorld({ script, chain: [model], scriptedRefusals: true }, async (world) => {
      const ended = await runToEnd(world);
      assert.equal(ended.state, 'succeeded', ended.endReason ?? '');
      assert.ok(world400(world) >= 1);
      assert.deepEqual(world.waits, [], 'an overflow is not waited for');
    });
  });
}

test('a server with less context than was configured is refused, and the sentence says what to do', async () => {
  const message = "This model's maximum context length is 4096 tokens. However, your messages resulted in 5000 tokens.";
  const script: Script = () => ({ error: { status: 400, message } });
  await inWorld({ script, chain: [LOCAL], scriptedRefusals: true }, async (world) => {
    const ended = await runToEnd(world);
    assert.equal(ended.state, 'awaiting-human');
    assert.match(
      ended.endReason ?? '',
      /local\/qwen: it is served with a context of 4096 tokens, not 200000\. Let its server/,
    );
  });
});
