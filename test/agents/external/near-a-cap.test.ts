// A program hears nothing while it works: that a cap is near stands in what it asks its model, whichever protocol it speaks.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isConversation, wordsFor } from '../../../src/agents/external/add-words.ts';
import type { ExternalDriver } from '../../../src/domain/settings.ts';
import type { ScriptedRequest } from '../../world/models/conversation.ts';
import { type SessionWorld, startSessionWorld } from '../session-world.ts';
import { CONVERSING_PROGRAM } from './conversing-program.ts';

const NEAR = 'This run is close to its limit of 4 model calls. Commit what is ready and call finish now.';

const SURFACES = [
  ['claude', 'anthropic', 'anthropic/claude-sonnet-5-5'],
  ['codex', 'responses', 'openai/gpt-5.4'],
  ['acp', 'chat', 'local/qwen3'],
] as const;

for (const [kind, protocol, model] of SURFACES) {
  test(`near a cap ${kind} is told once, in the call that follows`, async () => {
    await withProgram({ kind, protocol, model }, async (world, start) => {
      const run = await start();
      assert.equal(run.state, 'succeeded', run.endReason ?? '');
      const asked = world.models.log.flatMap(({ request }) => request ?? []);
      assert.deepEqual(asked.map(timesTold), [0, 0, 1]);
      const last = asked.at(-1)?.messages.at(-1);
      assert.ok(last?.kind === 'user' && last.text.endsWith(NEAR), JSON.stringify(last));
      const rows = [...world.journal.rows.messages.values()].flat();
      const told = rows.filter(({ message }) => message.kind === 'user' && message.text === NEAR);
      assert.equal(told.length, 1, 'it is in the transcript as well');
    });
  });
}

test('a program that goes on after a restart hears it as news, for its own conversation never held it', async () => {
  const reached = Promise.withResolvers<void>();
  const script = async (request: ScriptedRequest) => {
    if (timesTold(request) > 0 && !restarted) {
      reached.resolve();
      await new Promise(() => {});
    }
    return { text: 'Go on.' };
  };
  let restarted = false;
  const options = { kind: 'claude', protocol: 'anthropic', model: SURFACES[0][2], script } as const;
  await withProgram(options, async (world, start, boot) => {
    const first = boot();
    const run = world.addRun();
    first.sessions.start(run);
    const over = first.ended(run.id).then(() => assert.fail('it ended and was never told'));
    await Promise.race([reached.promise, over]);
    await first.sessions.drain();
    restarted = true;
    const ended = await start(run.id);
    assert.equal(ended.state, 'succeeded', ended.endReason ?? '');
    const again = world.models.log.flatMap(({ request }) => request ?? []).at(-1);
    assert.ok(again !== undefined && timesTold(again) === 1, JSON.stringify(again?.messages));
    const news = again.messages.at(-1);
    assert.ok(news?.kind === 'user' && news.text.includes('You were interrupted by a restart.'), JSON.stringify(news));
  });
});

test('the words keep their place, so that each request begins as the one before it', () => {
  for (const [, protocol] of SURFACES) {
    const words = wordsFor(protocol);
    const history: object[] = [{ role: 'user', content: 'Begin.' }];
    const body = () => ({ tools: [{}], [protocol === 'responses' ? 'input' : 'messages']: [...history] });
    const listed = () => Object.values(words.into(body()))[1] as readonly object[];
    assert.deepEqual(listed(), history, 'nothing is said yet');
    words.say(NEAR);
    const first = listed();
    assert.equal(JSON.stringify(first).split(NEAR).length, 2);
    history.push({ role: 'assistant', content: 'Yes.' }, { role: 'user', content: 'More.' });
    assert.deepEqual(listed().slice(0, first.length), first);
    // Summed up by the program: what was said is gone with the rest.
    history.splice(0, 3, { role: 'user', content: 'In short.' });
    assert.equal(JSON.stringify(listed()).split(NEAR).length, 2);
    assert.ok(!isConversation({ messages: [] }), 'a title is asked for without tools');
  }
});

test('nothing stands between a call and its result', () => {
  const words = wordsFor('chat');
  words.say(NEAR);
  const messages: object[] = [{ role: 'user' }, { role: 'assistant', tool_calls: [] }];
  words.into({ tools: [{}], messages });
  const later = words.into({ tools: [{}], messages: [...messages, { role: 'tool' }] });
  assert.deepEqual(Object.values(later)[1], [...messages, { role: 'tool' }, { role: 'user', content: NEAR }]);
});

function timesTold(request: ScriptedRequest): number {
  return JSON.stringify(request.messages).split(NEAR).length - 1;
}

interface Options {
  readonly kind: ExternalDriver['kind'];
  readonly protocol: 'anthropic' | 'responses' | 'chat';
  readonly model: string;
  readonly script?: Parameters<typeof startSessionWorld>[0]['script'];
}

async function withProgram(
  { kind, protocol, model, script }: Options,
  act: (
    world: SessionWorld,
    start: (runId?: string) => ReturnType<ReturnType<SessionWorld['boot']>['ended']>,
    boot: () => ReturnType<SessionWorld['boot']>,
  ) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'heartline-near-'));
  const command = join(folder, 'program.cjs');
  await writeFile(command, CONVERSING_PROGRAM, { mode: 0o755 });
  const world = await startSessionWorld({
    script: script ?? (() => ({ text: 'Go on.' })),
    chain: [model],
    verify: [],
    role: { driver: 'stranger', turnsMax: 4 },
    drivers: { stranger: { kind, command, args: [], environment: {} } },
  });
  const boot = () =>
    world.boot({
      endpoint: (name) => ({
        protocol,
        baseUrl: protocol === 'anthropic' ? world.models.url : `${world.models.url}/v1`,
        apiKey: 'key-for-models',
        modelName: name.slice(name.indexOf('/') + 1),
      }),
    });
  try {
    await act(
      world,
      async (runId) => {
        const bot = boot();
        const run = runId === undefined ? world.addRun() : world.journal.rows.runs.get(runId);
        assert.ok(run !== undefined);
        bot.sessions.start(run);
        return await bot.ended(run.id);
      },
      boot,
    );
  } finally {
    await world.close();
    await rm(folder, { recursive: true, force: true });
  }
}
