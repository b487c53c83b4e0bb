/**
 * Would this issue's work touch what somebody of ours is changing right now? Then it waits its turn: a conflict that never
 * happens costs less than one that an agent repairs. A forecast from paths people wrote into the ticket and from the live
 * diffs, so it only ever delays; what it misses is repaired as before.
 */
import type { IssueRecord } from '../domain/issue-record.ts';
import type { PullRequest, RepositoryView } from '../domain/pull-request.ts';

export interface Underway {
  readonly key: string;
  readonly files: readonly string[];
}

/** File paths named in a text, at most a hundred: a name of two letters or more with an ending, in folders or not. */
export function pathsIn(text: string): readonly string[] {
  const words = text.split(/[\s"'`()[\]{}<>,;|]+/u).filter((word) => word.length <= PATH_CHARACTERS_MAX);
  const paths = words.flatMap((word) => {
    const bare = word.replace(/^(?:\.\/)+/, '').replace(/[.:!?]+$/, '');
    return PATH.test(bare) && !bare.startsWith('www.') ? [bare] : [];
  });
  return [...new Set(paths)].slice(0, PATHS_MAX);
}

const PATHS_MAX = 100;
const PATH_CHARACTERS_MAX = 300;
const PATH = /^(?:[\p{L}\p{N}_.+-]+\/)*[\p{L}\p{N}_+-]{2,}(?:\.[\p{L}\p{N}_-]+)*\.[A-Za-z][A-Za-z0-9]{0,7}$/u;

/** What the active work in this repository changes or, before it has a diff, was asked to change. */
export function underway(view: RepositoryView, records: readonly IssueRecord[]): readonly Underway[] {
  return records
    .filter((record) => record.repository === view.name && record.phase === 'active' && record.mergeCommit === null)
    .map((record) => {
      const pullRequest = view.pullRequests.find((one) => one.number === record.pullRequest);
      return { key: record.key, files: pullRequest === undefined ? asked(record) : changed(view, pullRequest) };
    });
}

/** Who is at a file the words name; null when nobody is. */
export function collision(
  words: { readonly title: string; readonly description: string },
  others: readonly Underway[],
): { readonly key: string; readonly file: string } | null {
  const paths = pathsIn(`${words.title}\n${words.description}`);
  for (const { key, files } of others) {
    const file = files.find((one) => paths.some((path) => sameFile(path, one)));
    if (file !== undefined) return { key, file };
  }
  return null;
}

function asked({ ticket }: IssueRecord): readonly string[] {
  return pathsIn(`${ticket.title}\n${ticket.description}`);
}

function changed(view: RepositoryView, { base, head }: PullRequest): readonly string[] {
  return view.diffs.get(`${base}..${head}`)?.files ?? [];
}

/** People shorten paths: `cart.ts` names `src/cart.ts`, but only where at least a folder or a whole name fits. */
function sameFile(named: string, file: string): boolean {
  return file === named || file.endsWith(`/${named}`) || named.endsWith(`/${file}`);
}
