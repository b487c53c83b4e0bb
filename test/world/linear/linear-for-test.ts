/** A small Linear for the stand-in's own tests: a board of five issues, one person, one app, and a clock set by hand. */
import type { TestContext } from 'node:test';
import { LinearClient } from '@linear/sdk';
import type { LinearSeed } from './board/seed.ts';
import { type LinearWorld, type LinearWorldOptions, startLinear } from './start-linear.ts';

export interface LinearForTest extends LinearWorld {
  readonly client: LinearClient;
  /** What one hand-written document answers. */
  ask(document: string, variables?: Record<string, unknown>): Promise<Answered>;
  passTime(milliseconds: number): void;
}

/** Loose on purpose: each test knows the shape it asked for. */
export interface Answered {
  readonly data: { readonly [field: string]: Tree };
  readonly headers: Headers;
}

export type Tree = { readonly [field: string]: Tree } & { readonly nodes: readonly Tree[] } & string;

const noon = Date.parse('2026-11-02T12:00:00.000Z');

const smallBoard: LinearSeed = {
  users: [{ name: 'Ada Lovelace' }, { name: 'Bob Stone' }, { name: 'Heartline', app: true }],
  labels: [{ name: 'bug' }, { name: 'agent' }],
  projects: [{ name: 'Engine' }],
  issues: [
    { title: 'Count the cards', labels: ['agent'], priority: 2, movedBy: 'bob', project: 'Engine' },
    { title: 'Oil the wheels', labels: ['agent', 'bug'], assignee: 'bob', blockedBy: ['ENG-1'] },
    { title: 'Turn the crank', state: 'In Progress', delegate: 'heartline' },
    { title: 'Polish the brass', state: 'Done' },
    { title: 'Feed the horse', state: 'Backlog', archived: true },
  ],
};

export async function linearForTest(
  context: TestContext,
  options: Partial<LinearWorldOptions> = {},
): Promise<LinearForTest> {
  let now = noon;
  const world = await startLinear({
    clock: () => now,
    seed: smallBoard,
    apiKeys: { lin_api_ada: 'ada', lin_api_ada_2: 'ada', lin_api_app: 'heartline' },
    ...options,
  });
  context.after(() => world.close());
  const client = new LinearClient({ apiKey: 'lin_api_ada', apiUrl: world.url });
  return {
    ...world,
    client,
    async ask(document, variables = {}) {
      const { data, headers } = await client.client.rawRequest(document, variables);
      if (!headers) throw new Error('The answer has no headers.');
      return { data: data as Answered['data'], headers };
    },
    passTime(milliseconds) {
      now += milliseconds;
    },
  };
}
