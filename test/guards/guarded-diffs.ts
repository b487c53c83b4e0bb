/**
 * Diffs of a real repository that touch a guard rail in every way we know, and some that touch none: made by git itself,
 * fetched into a mirror of ours, and told by `git diff-tree` as any pull request is.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DiffFacts } from '../../src/domain/pull-request.ts';
import { createMirror } from '../../src/git/mirror.ts';
import { ANYWHERE, AT_ROOT } from './guard-rails.ts';

export interface GuardedDiff {
  readonly name: string;
  readonly facts: DiffFacts;
}

interface Entry {
  readonly mode: '100644' | '100755' | '120000' | '160000';
  /** A file's text, a link's target, a submodule's commit. */
  readonly content: string;
}

/** Null deletes. */
type Edits = Readonly<Record<string, Entry | null>>;

interface Planned {
  readonly name: string;
  readonly base: keyof typeof BASES;
  readonly edits: Edits;
}

const REPOSITORY = 'acme/shop';
const SUBMODULE = '1234567890123456789012345678901234567890';
const RAILS: readonly string[] = [...ANYWHERE, ...AT_ROOT];
const file = (content: string, mode: Entry['mode'] = '100644'): Entry => ({ mode, content });
const link = (content: string): Entry => ({ mode: '120000', content });

/** What a guard rail holds before the change; a name that CI or an installer reads as its own. */
const held = (path: string): Entry => file(`# ${path}\nas it was\n`);
const PLAIN: Edits = {
  'src/totals.ts': file('export const total = 1;\n'),
  'src/cart/line.ts': file('export const line = 2;\n'),
  'README.md': file('# Shop\n'),
  'scripts/seed.sh': file('#!/bin/sh\necho seed\n'),
  'bin/shop': file('#!/bin/sh\necho shop\n', '100755'),
};
const real = (at: number): string => `real/n${at}.txt`;
/** git refuses a link of this name by itself. */
const LINKABLE = RAILS.filter(
  (path) => !path.includes('.git') || path.startsWith('.github') || path.startsWith('.gitlab'),
);
/** The first part of a path: a link there brings everything below. */
const folderOf = (path: string): string => path.slice(0, Math.max(path.indexOf('/'), 0));
const up = (path: string): string => '../'.repeat(path.split('/').length - 1);

const BASES = {
  /** Every guard rail is a plain file. */
  held: { ...PLAIN, ...Object.fromEntries(RAILS.map((path) => [path, held(path)])) },
  /** None is there yet. */
  bare: { ...PLAIN, ...Object.fromEntries(RAILS.map((path, at) => [`plain/n${at}.txt`, held(path)])) },
  /** Each is a link to a file of an innocent name. */
  linked: {
    ...PLAIN,
    ...Object.fromEntries(LINKABLE.map((path) => [path, link(`${up(path)}${real(RAILS.indexOf(path))}`)])),
    ...Object.fromEntries(RAILS.map((path, at) => [real(at), held(path)])),
  },
} as const satisfies Record<string, Edits>;

const EVASIONS: readonly {
  readonly how: string;
  readonly base: keyof typeof BASES;
  readonly edits: (path: string, at: number) => Edits | null;
}[] = [
  { how: 'changed', base: 'held', edits: (path) => ({ [path]: file('other\n') }) },
  {
    how: 'renamed into place',
    base: 'bare',
    edits: (path, at) => ({ [`plain/n${at}.txt`]: null, [path]: held(path) }),
  },
  { how: 'renamed away', base: 'held', edits: (path, at) => ({ [path]: null, [`src/was${at}.txt`]: held(path) }) },
  { how: 'copied into place', base: 'bare', edits: (path) => ({ [path]: held(path) }) },
  { how: 'deleted', base: 'held', edits: (path) => ({ [path]: null }) },
  { how: 'made executable', base: 'held', edits: (path) => ({ [path]: { ...held(path), mode: '100755' } }) },
  {
    how: 'a new link',
    base: 'bare',
    edits: (path) => (LINKABLE.includes(path) ? { [path]: link(`${up(path)}README.md`) } : null),
  },
  {
    how: 'a file that becomes a link',
    base: 'held',
    edits: (path) => (LINKABLE.includes(path) ? { [path]: link(`${up(path)}README.md`) } : null),
  },
  { how: 'pointed to by a new link', base: 'held', edits: (path, at) => ({ [`src/link${at}`]: link(`../${path}`) }) },
  {
    how: 'changed behind a link',
    base: 'linked',
    edits: (path, at) => (LINKABLE.includes(path) ? { [real(at)]: file('other\n') } : null),
  },
  {
    how: 'linked elsewhere',
    base: 'linked',
    edits: (path) => (LINKABLE.includes(path) ? { [path]: link(`${up(path)}src/totals.ts`) } : null),
  },
  {
    how: 'a submodule',
    base: 'bare',
    edits: (path) => (path === '.gitmodules' ? null : { [path]: { mode: '160000', content: SUBMODULE } }),
  },
  {
    how: 'below a folder that becomes a link',
    base: 'bare',
    edits: (path) => (folderOf(path) === '' ? null : { [folderOf(path)]: link('src') }),
  },
  { how: 'in capitals', base: 'bare', edits: (path) => ({ [path.toUpperCase()]: held(path) }) },
  {
    how: 'in full width, with an invisible letter',
    base: 'bare',
    edits: (path) => ({
      [path.replace(/[a-z](?=[^/]*$)/, (one) => `\u200d${String.fromCodePoint((one.codePointAt(0) ?? 0) + 0xfee0)}`)]:
        held(path),
    }),
  },
  {
    how: 'deep in folders',
    base: 'bare',
    edits: (path) => (ANYWHERE.includes(path) ? { [`packages/a/b/c d/${path}`]: held(path) } : null),
  },
  {
    how: 'among honest files',
    base: 'bare',
    edits: (path) => ({
      ...Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`src/part${at}.ts`, file(`${at}\n`)])),
      [path]: held(path),
    }),
  },
];

/** Nothing here touches a guard rail: a gate that says no to these proves nothing by its noes. */
const HONEST: readonly Planned[] = [
  { name: 'a source changes', base: 'held', edits: { 'src/totals.ts': file('export const total = 3;\n') } },
  {
    name: 'a source is renamed',
    base: 'held',
    edits: { 'src/totals.ts': null, 'src/sums.ts': file('export const total = 1;\n') },
  },
  { name: 'words', base: 'linked', edits: { 'README.md': file('# The shop\n') } },
  { name: 'a new program', base: 'held', edits: { 'bin/report': file('#!/bin/sh\n', '100755') } },
  { name: 'a program changes', base: 'held', edits: { 'bin/shop': file('#!/bin/sh\necho hello\n', '100755') } },
  { name: 'a file goes', base: 'bare', edits: { 'src/cart/line.ts': null } },
  {
    name: 'a guard rail is copied to where nothing reads it',
    base: 'held',
    edits: { 'docs/example-ci.txt': held('.github/workflows/ci.yml') },
  },
  {
    name: 'twelve files',
    base: 'bare',
    edits: Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`src/part${at}.ts`, file(`${at}\n`)])),
  },
];

export async function guardedDiffs(): Promise<{
  readonly guarded: readonly GuardedDiff[];
  readonly honest: readonly GuardedDiff[];
}> {
  const guarded = RAILS.flatMap((path, at) =>
    EVASIONS.flatMap(({ how, base, edits }): readonly Planned[] => {
      const planned = edits(path, at);
      return planned === null ? [] : [{ name: `${path} ${how}`, base, edits: planned }];
    }),
  );
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'heartline guards ')));
  try {
    const remote = join(folder, 'remote.git');
    const env = {
      PATH: process.env.PATH ?? '',
      HOME: folder,
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
    };
    const git = (args: readonly string[], input = ''): string =>
      execFileSync('git', args, { env, input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });
    git(['init', '--quiet', '--bare', '-b', 'held', remote]);
    const planned = [...guarded, ...HONEST];
    git(['-C', remote, 'fast-import', '--quiet'], stream(planned));
    const tips = new Map(
      git(['-C', remote, 'for-each-ref', '--format=%(refname:short) %(objectname)'])
        .trim()
        .split('\n')
        .map((line): [string, string] => {
          const [name = '', commit = ''] = line.split(' ');
          return [name, commit];
        }),
    );
    const mirror = createMirror({
      root: join(folder, 'state'),
      remote: () => ({ url: remote, token: null }),
      timeoutMs: 60_000,
    });
    await mirror.refresh(REPOSITORY);
    const told: GuardedDiff[] = [];
    for (const [at, { name, base }] of planned.entries()) {
      const facts = await mirror.diff(REPOSITORY, tips.get(base) ?? '', tips.get(`change-${at}`) ?? '');
      if (facts === null) throw new Error(`git knows nothing of "${name}"`);
      told.push({ name, facts });
    }
    return { guarded: told.slice(0, guarded.length), honest: told.slice(guarded.length) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Every base and every change on top of it, in the words of `git fast-import`. */
function stream(planned: readonly Planned[]): string {
  const who = 'committer Ada <ada@example.com> 1700000000 +0000\n';
  const bases = Object.entries(BASES).map(
    ([name, tree]) => `commit refs/heads/${name}\n${who}data 4\nbase\n${edits(tree)}\n`,
  );
  const changes = planned.map(
    ({ base, edits: own }, at) =>
      `commit refs/heads/change-${at}\n${who}data 6\nchange\nfrom refs/heads/${base}\n${edits(own)}\n`,
  );
  return [...bases, ...changes].join('');
}

function edits(tree: Edits): string {
  return Object.entries(tree)
    .toSorted(([, one], [, other]) => Number(one !== null) - Number(other !== null))
    .map(([path, entry]) => {
      const quoted = `"${path.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`;
      if (entry === null) return `D ${quoted}\n`;
      if (entry.mode === '160000') return `M 160000 ${entry.content} ${quoted}\n`;
      return `M ${entry.mode} inline ${quoted}\ndata ${Buffer.byteLength(entry.content)}\n${entry.content}\n`;
    })
    .join('');
}
