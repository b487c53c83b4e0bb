/** Our own loop on the bench: the real session code with the prompt and tools as shipped, on a repository without instructions. */
import { createModels } from '../../src/models/create-models.ts';
import { issueRecord, NOW, startSessionWorld } from '../../test/agents/session-world.ts';
import type { AgentModels } from '../../test/drivers/agent-models.ts';
import type { ModelProtocol } from '../../test/world/models/conversation.ts';

export interface Finished {
  /** Null when the task was done. */
  readonly trouble: string | null;
}

const KEY = 'key-for-models';
const MODELS: Readonly<Record<ModelProtocol, string>> = {
  anthropic: 'anthropic/claude-sonnet-5-5',
  responses: 'openai/gpt-5.4',
  chat: 'local/qwen3',
};

export async function ourLoop(models: AgentModels, protocol: ModelProtocol, task: string): Promise<Finished> {
  const world = await startSessionWorld({
    script: () => ({ text: 'nobody asks here' }),
    chain: [MODELS[protocol]],
    verify: [],
  });
  try {
    const ticket = { title: 'Greet the world', description: task, url: '', comments: [] };
    world.journal.rows.records.set('issue-1', issueRecord({ ticket }));
    const bot = world.boot({
      models: createModels({
        providers: {
          anthropic: { kind: 'anthropic', baseUrl: models.url, apiKey: KEY },
          openai: { kind: 'openai', api: 'responses', baseUrl: `${models.url}/v1`, apiKey: KEY },
          local: { kind: 'openai', api: 'chat', baseUrl: `${models.url}/v1`, apiKey: KEY },
        },
        contextTokens: () => 200_000,
        price: () => FREE,
        idleTimeoutMs: 30_000,
        totalTimeoutMs: 60_000,
        now: () => NOW,
      }),
    });
    const run = world.addRun();
    bot.sessions.start(run);
    const ended = await bot.ended(run.id);
    return { trouble: ended.state === 'succeeded' ? null : `it ended as ${ended.state}: ${ended.endReason}` };
  } finally {
    await world.close();
  }
}

const FREE = {
  inputMicroUsdPerMillion: 0,
  cacheReadMicroUsdPerMillion: 0,
  cacheWriteMicroUsdPerMillion: 0,
  outputMicroUsdPerMillion: 0,
};
