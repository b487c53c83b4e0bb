/** What an agent leaves where its work is fetched from: links, pipes, lies and crafted objects, taken by the real taker and by a trusting one. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { baseOf } from '../../src/git/mirror-folder.ts';
import { type GitWorld, gitWorld, REPOSITORY } from '../adapters/git-for-test.ts';
import { type Line, red, stopped } from './row.ts';

const BRANCH = 'heartline/eng-1';

interface Hostile {
  readonly name: string;
  readonly make: (bench: Bench) => string;
  /** What a trusting taker does with it: true when the harm is done. */
  readonly trusting: (file: string, bench: Bench) => boolean;
}

interface Bench {
  readonly world: GitWorld;
  readonly out: string;
  readonly base: string;
  readonly good: string;
  readonly goodFile: string;
  readonly secret: string;
  craft(tree: Buffer, parents: readonly string[], branch?: string): string;
  bundle(name: string, ...revisions: readonly string[]): string;
}

const entry = (mode: string, name: string, blob: string): Buffer =>
  Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(blob, 'hex')]);

/** Plain git, as a person would call it. */
function fetches(file: string, bench: Bench, ref = `refs/heads/${BRANCH}`): boolean {
  const target = join(bench.world.folder, `trusting-${Math.random().toString(36).slice(2)}.git`);
  const env = { PATH: process.env.PATH ?? '', GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  execFileSync('git', ['clone', '-q', '--bare', bench.world.remote, target], { env });
  const run = spawnSync('git', ['-C', target, 'fetch', '-q', file, `${ref}:refs/taken`], { env, timeout: 5_000 });
  return run.status === 0;
}

function reads(file: string): boolean {
  return spawnSync('timeout', ['1', 'head', '-c', '1000', file]).stdout.length > 0;
}

/** A reader that waits for ever. */
function waits(file: string): boolean {
  return spawnSync('timeout', ['1', 'cat', file]).status === 124;
}

function at(folder: string, name: string, make: (path: string) => unknown): string {
  const path = join(folder, name);
  make(path);
  return path;
}

const tree =
  (mode: string, name: string) =>
  ({ craft, base, bundle, world }: Bench): string => {
    const blob = world.git(['hash-object', '-w', '--stdin'], { input: 'content\n' });
    craft(entry(mode, name, blob), [base]);
    return bundle(`tree-${Buffer.from(mode + name).toString('hex')}`, `main..${BRANCH}`);
  };

const BESIDE = 'another branch beside the work';

const HOSTILE: readonly Hostile[] = [
  {
    name: 'symbolic link to a secret',
    make: ({ out, secret }) => at(out, 'link', (path) => symlinkSync(secret, path)),
    trusting: reads,
  },
  {
    name: 'folder behind a link',
    make: ({ out, world }) =>
      join(
        at(world.folder, 'linked', (path) => symlinkSync(out, path)),
        'good',
      ),
    trusting: reads,
  },
  {
    name: 'FIFO that nobody writes to',
    make: ({ out }) => at(out, 'pipe', (path) => execFileSync('mkfifo', [path])),
    trusting: waits,
  },
  { name: 'device without end', make: () => '/dev/zero', trusting: reads },
  {
    name: 'file beyond the bound',
    make: ({ out }) =>
      at(out, 'huge', (path) => {
        writeFileSync(path, '');
        truncateSync(path, 300 * 2 ** 20);
      }),
    trusting: reads,
  },
  {
    name: 'another ref than agreed',
    make: (bench) => {
      tree('100644', 'b.txt')(bench);
      bench.world.git(['branch', '-f', 'elsewhere', BRANCH]);
      return bench.bundle('other', 'main..elsewhere');
    },
    trusting: (file, bench) => fetches(file, bench, 'refs/heads/elsewhere'),
  },
  {
    name: BESIDE,
    make: (bench) => {
      tree('100644', 'b.txt')(bench);
      return bench.bundle('main', `main..${BRANCH}`, 'elsewhere2');
    },
    trusting: (file, bench) => fetches(file, bench, 'refs/heads/elsewhere2'),
  },
  {
    name: 'a history of its own',
    make: ({ craft, bundle, world }) => {
      craft(entry('100644', 'b.txt', world.git(['hash-object', '-w', '--stdin'], { input: 'x' })), []);
      return bundle('orphan', BRANCH);
    },
    trusting: fetches,
  },
  ...['.git', '..', '.', 'a/b', '.GIT'].map(
    (name): Hostile => ({ name: `file called ${name}`, make: tree('100644', name), trusting: fetches }),
  ),
  { name: 'mode with a leading zero', make: tree('0100644', 'z.txt'), trusting: fetches },
  { name: '.gitmodules that is a link', make: tree('120000', '.gitmodules'), trusting: fetches },
  { name: 'submodule that runs a command', make: gitmodules, trusting: fetches },
  {
    name: 'filter in the header',
    make: (b) => header(b, '# v2 git bundle\n', '# v3 git bundle\n@filter=blob:none\n'),
    trusting: (file) => readFileSync(file, 'latin1').includes('@filter'),
  },
  {
    name: 'head that is not in the pack',
    make: (b) => header(b, b.good, '2'.repeat(40)),
    trusting: (file) => readFileSync(file, 'latin1').includes('2'.repeat(40)),
  },
  {
    name: 'option for a ref name',
    make: (b) => header(b, `refs/heads/${BRANCH}`, '--upload-pack=touch'),
    trusting: (file) => readFileSync(file, 'latin1').includes('--upload-pack'),
  },
  {
    name: 'ref that climbs',
    make: (b) => header(b, `refs/heads/${BRANCH}`, 'refs/heads/../../config'),
    trusting: (file) => readFileSync(file, 'latin1').includes('../../config'),
  },
];

function gitmodules({ world, craft, base, bundle }: Bench): string {
  const input = '[submodule "x"]\n\tpath = x\n\turl = -u./touch\n\tupdate = !touch tripped\n';
  craft(entry('100644', '.gitmodules', world.git(['hash-object', '-w', '--stdin'], { input })), [base]);
  return bundle('submodule', `main..${BRANCH}`);
}

function header({ goodFile, out }: Bench, from: string, to: string): string {
  const file = join(out, `header-${Buffer.from(to).toString('hex').slice(0, 20)}`);
  writeFileSync(file, readFileSync(goodFile, 'latin1').replace(from, to), 'latin1');
  return file;
}

export async function bundleLines(): Promise<readonly Line[]> {
  const environment = { ...process.env };
  const world = gitWorld();
  try {
    const out = join(world.folder, 'out');
    mkdirSync(out);
    const base = world.commit('main', { 'a.txt': 'one\n' });
    const secret = join(world.folder, 'secret');
    writeFileSync(secret, 'secret');
    const craft: Bench['craft'] = (input, parents, branch = BRANCH) => {
      const id = world.git(['hash-object', '-t', 'tree', '-w', '--literally', '--stdin'], { input });
      const commit = world.git(['commit-tree', ...parents.flatMap((one) => ['-p', one]), '-m', 'work', id]);
      world.git(['update-ref', `refs/heads/${branch}`, commit]);
      return commit;
    };
    const bundle: Bench['bundle'] = (name, ...revisions) => {
      const file = join(out, name);
      world.git(['bundle', 'create', '--quiet', file, ...revisions]);
      return file;
    };
    const blob = world.git(['hash-object', '-w', '--stdin'], { input: 'content\n' });
    const good = craft(entry('100644', 'good.txt', blob), [base]);
    world.git(['branch', '-f', 'elsewhere2', good]);
    const bench: Bench = { world, out, base, good, secret, craft, bundle, goodFile: bundle('good', `main..${BRANCH}`) };
    const mirror = world.mirror();
    await mirror.refresh(REPOSITORY);
    const lines: Line[] = [];
    for (const [index, { name, make, trusting }] of HOSTILE.entries()) {
      const file = make(bench);
      const taken = await mirror
        .receiveBundle({ repository: REPOSITORY, runId: `run-${index}`, file, branch: BRANCH })
        .then(
          () => 'taken',
          (error: unknown) => (error instanceof Error ? error.message : String(error)),
        );
      const refs = [world.mirrorPath(), baseOf(world.mirrorPath())].flatMap((cwd) =>
        world.git(['for-each-ref', '--format=%(refname)'], { cwd }).split('\n').filter(Boolean),
      );
      const extra = refs.filter((ref) => ref !== 'refs/heads/main' && !/^refs\/heartline\/runs\/run-\d+$/.test(ref));
      // Refs beside the one agreed may be in the file; what counts is that none of them arrives.
      const refused = name === BESIDE ? extra.length === 0 : taken !== 'taken' && extra.length === 0;
      const harm = trusting(file, bench);
      const line = { group: 'bundle', name, stoppedBy: ['bundle-check'] as const };
      if (!refused) lines.push(red({ ...line, detail: `TAKEN ${taken} ${extra.join(', ')}` }));
      else lines.push(stopped({ ...line, detail: taken.slice(0, 160) }, harm ? 'a trusting taker took it' : null));
    }
    return lines;
  } finally {
    world.remove();
    // It made this machine a hostile one, by the environment of this very process.
    for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
    Object.assign(process.env, environment);
  }
}
