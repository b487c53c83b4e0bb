/** Git in memory: commits with parents and a tree of path to text, and three-way merges by whole paths. No more. */
import { createHash } from 'node:crypto';
import type { EpochMs } from '../../../src/domain/issue.ts';
import type { Keep } from './memory.ts';

export type Tree = ReadonlyMap<string, string>;

export type Author =
  | { readonly kind: 'agent'; readonly runId: string; readonly sessionId: string }
  | { readonly kind: 'person'; readonly name: string }
  /** An update of a branch or a merge that the forge made. */
  | { readonly kind: 'forge' }
  /** The bot's own mirror: a revert made by plain code. */
  | { readonly kind: 'mirror' }
  /** The same: several heads merged on top of a base. */
  | { readonly kind: 'batch' };

export interface Commit {
  readonly sha: string;
  readonly parents: readonly string[];
  readonly tree: Tree;
  readonly author: Author;
  readonly message: string;
  /** Everything it builds on, itself included. */
  readonly history: ReadonlySet<string>;
  readonly order: number;
}

export interface Git {
  commit(value: Pick<Commit, 'parents' | 'tree' | 'author' | 'message'> & { readonly at: EpochMs }): string;
  /** Undefined only for an id nobody made. */
  find(sha: string): Commit | undefined;
  get(sha: string): Commit;
  contains(head: string, ancestor: string): boolean;
  mergeBase(one: string, other: string): string;
  /** Null when both sides changed the same path differently. */
  merge(ours: string, theirs: string): Tree | null;
  /** Paths that differ between two trees, sorted. */
  changed(from: string, to: string): readonly string[];
  /** What a head brings to a base: the change from their merge base, wherever it sits. */
  change(base: string, head: string): Change;
}

export interface Change {
  readonly digest: string;
  readonly files: readonly string[];
  readonly additions: number;
  readonly deletions: number;
}

export function createGit(keep: Keep): Git {
  const { commits } = keep({ commits: new Map<string, Commit>() });

  const get = (sha: string): Commit => {
    const found = commits.get(sha);
    if (found === undefined) throw new Error(`there is no commit ${sha}`);
    return found;
  };
  const contains = (head: string, ancestor: string): boolean => get(head).history.has(ancestor);
  const mergeBase = (one: string, other: string): string => {
    let best: Commit | null = null;
    const theirs = get(other).history;
    for (const sha of get(one).history) {
      const candidate = theirs.has(sha) ? get(sha) : null;
      if (candidate !== null && (best === null || candidate.order > best.order)) best = candidate;
    }
    if (best === null) throw new Error(`${one} and ${other} have nothing in common`);
    return best.sha;
  };
  const changed = (from: string, to: string): readonly string[] => changedPaths(get(from).tree, get(to).tree);

  return {
    find: (sha) => commits.get(sha),
    get,
    contains,
    mergeBase,
    changed,
    commit: ({ parents, tree, author, message, at }) => {
      const sha = hash([parents, [...tree], message, at, author]);
      if (!commits.has(sha)) {
        const history = new Set([sha]);
        for (const parent of parents) for (const one of get(parent).history) history.add(one);
        commits.set(sha, { sha, parents, tree, author, message, history, order: commits.size });
      }
      return sha;
    },
    merge: (ours, theirs) => threeWay(get(mergeBase(ours, theirs)).tree, get(ours).tree, get(theirs).tree),
    change: (base, head) => changeBetween(get(mergeBase(base, head)).tree, get(head).tree),
  };
}

export function changeBetween(from: Tree, to: Tree): Change {
  const files = changedPaths(from, to);
  const sides = files.map((path) => [path, from.get(path) ?? null, to.get(path) ?? null]);
  const lines = (text: string | null | undefined): number => text?.split('\n').length ?? 0;
  return {
    digest: hash(sides),
    files,
    additions: sides.reduce((sum, [, , after]) => sum + lines(after), 0),
    deletions: sides.reduce((sum, [, before]) => sum + lines(before), 0),
  };
}

export function changedPaths(from: Tree, to: Tree): readonly string[] {
  const paths = new Set([...from.keys(), ...to.keys()]);
  return [...paths].filter((path) => from.get(path) !== to.get(path)).sort();
}

export function threeWay(base: Tree, ours: Tree, theirs: Tree): Tree | null {
  const merged = new Map<string, string>();
  for (const path of [...new Set([...base.keys(), ...ours.keys(), ...theirs.keys()])].sort()) {
    const [before, mine, yours] = [base.get(path), ours.get(path), theirs.get(path)];
    if (mine !== before && yours !== before && mine !== yours) return null;
    const text = mine === before ? yours : mine;
    if (text !== undefined) merged.set(path, text);
  }
  return merged;
}

/** As a tree with some paths written anew; null deletes. Paths stay sorted, so equal trees have equal ids. */
export function edited(tree: Tree, changes: Readonly<Record<string, string | null>>): Tree {
  const next = new Map(tree);
  for (const [path, text] of Object.entries(changes)) {
    if (text === null) next.delete(path);
    else next.set(path, text);
  }
  return new Map([...next].sort(([one], [other]) => (one < other ? -1 : 1)));
}

function hash(value: unknown): string {
  return createHash('sha1').update(JSON.stringify(value)).digest('hex');
}
