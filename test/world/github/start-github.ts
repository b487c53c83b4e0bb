// A faithful GitHub on one local port: REST, GraphQL and git over real bare repositories, with people, limits and faults.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CheckEnding, completeCheckRun, createCheckRun, startCheckRun } from './acts/check-acts.ts';
import { runQueues } from './acts/queue-acts.ts';
import { loadContract } from './contract.ts';
import { prepareGraphql } from './graphql/graphql-door.ts';
import { Limits } from './limits.ts';
import { countRequests, type WorldLog } from './log.ts';
import type { GithubWorldOptions } from './options.ts';
import { createPeople, type People } from './people.ts';
import type { FaultMemory } from './server/exchange.ts';
import { plainAnswer, readExchange, runCall } from './server/exchange.ts';
import { prepareGit } from './server/git-transport.ts';
import { complain, type Doors, prepareRest } from './server/rest-door.ts';
import type { App, CheckRun, Repository } from './state.ts';
import {
  type ChangeListener,
  createWorld,
  type MergeCorruption,
  repositoryFor,
  type Violation,
  type World,
} from './world.ts';

/** What an app may do from inside: the CI stand-in speaks through this. */
export interface CheckDesk {
  create(repository: string, app: App, sha: string, name: string): CheckRun;
  start(repository: string, run: CheckRun): void;
  complete(repository: string, run: CheckRun, ending: CheckEnding): void;
}

/** A running GitHub. */
export interface GithubWorld {
  /** Base of the REST API. */
  readonly url: string;
  readonly graphqlUrl: string;
  gitUrl(owner: string, name: string): string;
  /** People, who are not limited and never see a fault. */
  readonly act: People;
  readonly checks: CheckDesk;
  readonly log: WorldLog;
  /** The records themselves, for looking at only. */
  readonly state: { readonly repositories: ReadonlyMap<string, Repository>; repository(fullName: string): Repository };
  /** Requests or answers that GitHub's own description does not allow, and things nobody has built. */
  readonly violations: readonly Violation[];
  /** Changes limits, or uses up quota of an account, in mid-run. */
  readonly limits: Pick<Limits, 'change' | 'leave'>;
  /** The next merge lands wrongly, whoever asks for it, and is reported as done. */
  corruptNextMerge(kind: MergeCorruption): void;
  /** Calls back after every effect; gives the function that ends it. */
  onChange(listener: ChangeListener): () => void;
  /** Resolves when work that goes on after an answer, such as updating a branch, is done. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** Starts it on 127.0.0.1. */
export async function startGithub(options: GithubWorldOptions): Promise<GithubWorld> {
  const world = await createWorld(options);
  const doors: Doors = { world, limits: new Limits(options.clock, options.limits), contract: await loadContract() };
  const memory: FaultMemory = { calls: 0, answers: new Map(), timers: new Set() };
  const stopQueues = runQueues(world);
  const server = createServer((request, response) => {
    const served = readExchange(request, world.url).then((exchange) => {
      const { pathname } = exchange.url;
      if (pathname.startsWith('/logs/')) return sendLog(world, pathname, response);
      if (pathname.startsWith('/git/')) return runCall(world, memory, exchange, prepareGit(world, exchange), response);
      const prepared = pathname === '/graphql' ? prepareGraphql(doors, exchange) : prepareRest(doors, exchange);
      return runCall(world, memory, exchange, prepared, response);
    });
    served.catch((error: unknown) => {
      // A client that was killed in mid-request is no failure of ours.
      if (!request.complete && request.destroyed) return;
      complain(
        world,
        'failure',
        `${request.method} ${request.url}`,
        error instanceof Error ? (error.stack ?? error.message) : String(error),
      );
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  world.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const repository = (fullName: string) => repositoryFor(world, fullName, null);

  return {
    url: world.url,
    graphqlUrl: `${world.url}/graphql`,
    gitUrl: (owner, name) => `${world.url}/git/${owner}/${name}.git`,
    act: createPeople(world),
    checks: {
      create: (name, app, sha, check) => createCheckRun(world, repository(name), app, sha, check),
      start: (name, run) => startCheckRun(world, repository(name), run),
      complete: (name, run, ending) => completeCheckRun(world, repository(name), run, ending),
    },
    log: { requests: world.requests, effects: world.effects, counts: () => countRequests(world.requests) },
    state: { repositories: world.repositories, repository },
    violations: world.violations,
    limits: doors.limits,
    corruptNextMerge: (kind) => {
      world.nextCorruption = kind;
    },
    onChange: (listener) => {
      world.listeners.add(listener);
      return () => world.listeners.delete(listener);
    },
    idle: async () => {
      while (world.background.size > 0) await Promise.all(world.background);
      await world.turn;
    },
    close: async () => {
      stopQueues();
      for (const timer of memory.timers) clearTimeout(timer);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      while (world.background.size > 0) await Promise.all(world.background);
      await world.turn;
    },
  };
}

function sendLog(world: World, pathname: string, response: ServerResponse): void {
  const [, , owner, name, id] = pathname.split('/');
  const log = world.repositories.get(`${owner}/${name}`)?.checkRuns.get(Number(id))?.log;
  const answer = log === undefined ? plainAnswer(404, 'no such log\n') : plainAnswer(200, log);
  response.writeHead(answer.status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(answer.body);
}
