/** The board that the benches look at: one repository, 100 open issues of which 20 are blocked, 50 open pull requests. */
import { startWorld, type World } from '../test/world/start-world.ts';

export const ISSUES = 100;
export const BLOCKED = 20;
export const PULL_REQUESTS = 50;
export const BRANCH_PREFIX = 'work/';

export interface BoardOptions {
  readonly root: string;
  readonly clock: () => number;
  readonly cadence: string;
  readonly isolation: 'bwrap' | 'none';
}

/** Nothing on it starts work: no issue carries the label asked for, and nobody wants other people's pull requests reviewed. */
export async function startBoard({ root, clock, cadence, isolation }: BoardOptions): Promise<World> {
  const world = await startWorld({
    root,
    clock,
    cadence,
    isolation,
    issues: Array.from({ length: ISSUES }, (_, index) => ({
      title: `Issue ${index + 1}`,
      description: 'The total is wrong as soon as a cart holds the same item twice. '.repeat(5),
      state: index % 2 === 0 ? 'Todo' : 'In Progress',
      priority: 3 as const,
      movedBy: 'ada',
      ...(index >= ISSUES - BLOCKED ? { blockedBy: [`ENG-${index - BLOCKED}`] } : {}),
    })),
    files: { 'README.md': '# Cart\n', 'src/cart.js': 'export const items = [];\n' },
    jobs: [],
    script: () => {
      throw new Error('no model is asked for anything in a bench');
    },
    verify: [],
    project: { labels: ['heartline'], reviewPullRequests: 'none' },
    settings: { logLevel: 'error' },
  });
  for (let index = 1; index <= PULL_REQUESTS; index += 1) {
    const branch = `${BRANCH_PREFIX}${index}`;
    const files = { [`src/part-${index}.js`]: `export const part = ${index};\n` };
    await world.github.act.pushCommit('acme/cart', branch, 'grace', { files, message: `Part ${index}` });
    await world.github.act.openPullRequest('acme/cart', 'grace', { head: branch, title: `Part ${index}` });
  }
  return world;
}
