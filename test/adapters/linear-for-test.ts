/** A Linear with a clock set by hand and the tracker under test in front of it. */
import type { TestContext } from 'node:test';
import type { ProjectSettings } from '../../src/domain/settings.ts';
import type { Tracker, TrackerWatch } from '../../src/heartbeat/ports.ts';
import { createTracker } from '../../src/linear/create-tracker.ts';
import type { ScriptedFault } from '../world/faults.ts';
import { scriptedFaults } from '../world/faults.ts';
import type { LinearSeed } from '../world/linear/board/seed.ts';
import { type LinearWorld, type LinearWorldOptions, startLinear } from '../world/linear/start-linear.ts';

export interface TrackerForTest {
  readonly tracker: Tracker;
  readonly world: LinearWorld;
  passTime(milliseconds: number): void;
  /** Requests since the last call of this. */
  asked(): LinearWorld['requests'];
  id(key: string): string;
}

export const SWEEP_MS = 600_000;
const noon = Date.parse('2026-11-02T12:00:00.000Z');

export const people = [
  { name: 'Ada Lovelace' },
  { name: 'Bob Stone', email: 'Bob@Example.com' },
  { name: 'Heartline', app: true },
];

export async function trackerForTest(
  context: TestContext,
  seed: Partial<LinearSeed>,
  options: Partial<LinearWorldOptions> & { readonly faults?: readonly ScriptedFault[]; readonly apiKey?: string } = {},
): Promise<TrackerForTest> {
  let now = noon;
  let looked = 0;
  const { faults, apiKey, ...rest } = options;
  const world = await startLinear({
    clock: () => now,
    seed: { users: people, ...seed },
    apiKeys: { 'key-of-ada': 'ada' },
    ...(faults === undefined ? {} : { fault: scriptedFaults(faults) }),
    ...rest,
  });
  context.after(() => world.close());
  const tracker = createTracker({
    apiKey: apiKey ?? 'key-of-ada',
    apiUrl: world.url,
    sweepMs: SWEEP_MS,
    now: () => now,
    timeoutMs: 5_000,
  });
  return {
    tracker,
    world,
    passTime(milliseconds) {
      now += milliseconds;
    },
    asked() {
      const since = world.requests.slice(looked);
      looked = world.requests.length;
      return since;
    },
    id: (key) => world.state.issues.find((issue) => issue.identifier === key)?.id ?? `no issue ${key}`,
  };
}

export function watching(change: Partial<TrackerWatch> & { readonly linearProject?: string } = {}): TrackerWatch {
  const { linearProject, ...watch } = change;
  const project: ProjectSettings = {
    name: 'engine',
    team: 'ENG',
    linearProject: linearProject ?? null,
    labels: [],
    assignee: null,
    states: { todo: 'Todo', started: null, review: null, done: null },
    repository: 'acme/engine',
    baseBranch: null,
    checks: [],
    mergeMethod: 'merge',
    batchMax: 1,
    autoMerge: true,
    draft: false,
    rerunChecks: true,
    verify: [],
    protectedPaths: [],
    setup: [],
    lockfiles: [],
    registries: [],
    toolchains: [],
    env: {},
    reviewPullRequests: 'none',
    pipeline: 'default',
  };
  return { projects: [project], tracked: [], commentsSince: noon, ...watch };
}

export function points(requests: LinearWorld['requests']): number {
  return requests.reduce((sum, request) => sum + request.complexity, 0);
}
