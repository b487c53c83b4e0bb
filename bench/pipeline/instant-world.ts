/** A world in which nobody waits: models answer at once, CI says success at once, and all time that passes is the pipeline's own. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finish, runCommand } from '../../test/world/models/agent-steps.ts';
import type { Script } from '../../test/world/models/conversation.ts';
import { byRole, steps, userTexts } from '../../test/world/models/scripted-agent.ts';
import { BASE_BRANCH, CHECK, CI_APP, REPOSITORY, startWorld, type World } from '../../test/world/start-world.ts';

const FILES: Readonly<Record<string, string>> = Object.fromEntries(
  Array.from({ length: 40 }, (_, index) => [`src/part-${index}.js`, `export const part = ${index};\n`.repeat(20)]),
);

const PLENTY = 100_000_000;
/** As many groups at once as GitHub takes by default. */
const QUEUE = { method: 'merge', checkTimeoutMs: 10 * 60_000, entriesToBuildMax: 5 } as const;

export interface InstantWorldOptions {
  readonly tickets: number;
  /** How many agents of a role may work at once. */
  readonly concurrency: number;
  readonly state: 'Todo' | 'Backlog';
  /** GitHub lines them up, tests them on top of each other and lands them by itself. */
  readonly mergeQueue?: boolean;
  /** How many may be tested and merged as one; 1 where it is left out. */
  readonly batchMax?: number;
}

export async function startInstantWorld({
  tickets,
  concurrency,
  state,
  mergeQueue = false,
  batchMax = 1,
}: InstantWorldOptions): Promise<World> {
  const root = await mkdtemp(join(tmpdir(), 'heartline bench pipeline '));
  const role = { concurrencyMax: concurrency, runUsd: 5 };
  const world = await startWorld({
    root,
    issues: Array.from({ length: tickets }, (_, index) => ({
      title: `Ticket ${index + 1}`,
      description: 'One more file. Done when it is there.',
      state,
      movedBy: 'ada',
    })),
    files: FILES,
    jobs: [],
    verify: [],
    script: agents,
    isolation: 'bwrap',
    // No quota of the services' is part of what is measured: the figure at live limits is reckoned from the writes.
    limits: {
      linear: { requestsPerHour: PLENTY, complexityPerHour: PLENTY },
      github: { enforced: false, restPerHour: PLENTY, graphqlPointsPerHour: PLENTY },
    },
    project: { mergeMethod: 'merge', batchMax, reviewPullRequests: 'none', rerunChecks: false },
    settings: {
      logLevel: 'error',
      limits: { runsMax: 200 },
      roles: {
        dev: { ...role, chain: ['anthropic/claude-sonnet-5-5'] },
        review: { ...role, chain: ['openai/gpt-5.4'] },
        audit: { ...role, chain: ['anthropic/claude-opus-5-5'] },
        devops: { ...role, chain: ['openai/gpt-5.4-mini'] },
      },
      budget: { issueUsd: 20, dayUsd: 5_000 },
    },
  });
  // Both sides keep up to date by themselves or need not: the server asks for the check alone.
  await world.github.act.setProtection(REPOSITORY, BASE_BRANCH, 'ada', {
    requiredStatusChecks: { strict: false, checks: [{ context: CHECK, appSlug: CI_APP.slug }] },
    ...(mergeQueue ? { mergeQueue: QUEUE } : {}),
  });
  passAtOnce(world);
  return world;
}

const agents: Script = byRole({
  dev: (request) => {
    const number = /Issue ENG-(\d+)/.exec(userTexts(request).join('\n'))?.[1] ?? '0';
    const work = `echo "export const ticket = ${number};" > src/ticket-${number}.js && git add -A && git commit -q -m "Ticket ${number}"`;
    return steps(runCommand(work), finish({ title: `Ticket ${number}`, summary: 'As asked.', answers: [] }))(request);
  },
  review: steps(finish({ decision: 'approve', summary: 'Good.', findings: [] })),
  audit: steps(
    finish({
      decision: 'pass',
      summary: 'There.',
      criteria: [{ criterion: 'The file is there.', met: true, evidence: 'src/' }],
    }),
  ),
});

/** The base itself, and what a merge queue is about to make of it. */
const LANDS = new RegExp(`^refs/heads/(${BASE_BRANCH}$|gh-readonly-queue/)`);

/** Success on every head, group and base the moment it appears. */
function passAtOnce(world: World): void {
  const seen = new Set<string>();
  world.github.onChange((effect) => {
    const sha =
      effect.kind === 'pull-request-created' || effect.kind === 'pull-request-head-moved'
        ? effect.sha
        : effect.kind === 'push' && LANDS.test(effect.ref)
          ? effect.after
          : null;
    if (sha === null || seen.has(sha)) return;
    seen.add(sha);
    const run = world.github.checks.create(REPOSITORY, CI_APP, sha, CHECK);
    world.github.checks.complete(REPOSITORY, run, { conclusion: 'success', title: CHECK, summary: '', log: '' });
  });
}

export function mergedTickets(world: World): number {
  return world.github.log.effects.filter((effect) => effect.kind === 'merge').length;
}

export function doneTickets(world: World): number {
  const done = world.linear.state.workflowStates.filter((state) => state.type === 'completed').map((state) => state.id);
  return world.linear.state.issues.filter((issue) => done.includes(issue.stateId)).length;
}
