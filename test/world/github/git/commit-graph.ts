// Which commits lie in whose past, kept in memory: history only grows, and a process for each question is what takes the time.
import { runGit } from './run-git.ts';

interface Graph {
  /** Of every commit in the past of a tip that was asked for. */
  readonly parents: Map<string, readonly string[]>;
  readonly tips: string[];
  loading: Promise<void>;
}

/** So many of the tips that were read last keep git from walking over what is known. */
const tipsNamedMax = 50;
const graphs = new Map<string, Graph>();

/** Whether `older` is `newer` or lies in its past. */
export async function isAncestor(directory: string, older: string, newer: string): Promise<boolean> {
  const parents = await graphWith(directory, [older, newer]);
  return past(parents, newer, new Set([older])).has(older);
}

/** The commits that lie in the head's past, itself included, and not in the base's. */
export async function ownCommits(directory: string, base: string, head: string): Promise<ReadonlySet<string>> {
  const parents = await graphWith(directory, [base, head]);
  return past(parents, head, new Set(), past(parents, base, new Set()));
}

/** The one commit at which a head parts from a base; null where there are several or none. */
export async function partingOf(directory: string, base: string, head: string): Promise<string | null> {
  const parents = await graphWith(directory, [base, head]);
  const own = await ownCommits(directory, base, head);
  if (own.size === 0) return head;
  const edges = new Set([...own].flatMap((sha) => parents.get(sha) ?? []).filter((sha) => !own.has(sha)));
  const [edge] = edges;
  return edges.size === 1 ? (edge ?? null) : null;
}

/** From `tip` back to `until` over first parents, both included, newest first; null when it is not on that line. */
export async function lineBackTo(directory: string, tip: string, until: string): Promise<readonly string[] | null> {
  const parents = await graphWith(directory, [tip]);
  const line: string[] = [];
  for (let sha: string | undefined = tip; sha !== undefined; sha = parents.get(sha)?.[0]) {
    line.push(sha);
    if (sha === until) return line;
  }
  return null;
}

/** Everything in a commit's past. Does not look behind `stops`, nor at what is in `without`. */
function past(
  parents: ReadonlyMap<string, readonly string[]>,
  tip: string,
  stops: ReadonlySet<string>,
  without: ReadonlySet<string> = new Set(),
): ReadonlySet<string> {
  const seen = new Set<string>(without.has(tip) ? [] : [tip]);
  for (const sha of seen) {
    if (stops.has(sha)) break;
    for (const parent of parents.get(sha) ?? []) if (!without.has(parent)) seen.add(parent);
  }
  return seen;
}

async function graphWith(directory: string, tips: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
  let graph = graphs.get(directory);
  if (graph === undefined) {
    graph = { parents: new Map(), tips: [], loading: Promise.resolve() };
    graphs.set(directory, graph);
  }
  const { parents } = graph;
  if (tips.some((tip) => !parents.has(tip))) {
    const loading = graph.loading.catch(() => undefined).then(() => load(directory, graph, tips));
    graph.loading = loading;
    await loading;
  }
  return parents;
}

async function load(directory: string, { parents, tips: known }: Graph, tips: readonly string[]): Promise<void> {
  const missing = tips.filter((tip) => !parents.has(tip));
  if (missing.length === 0) return;
  const without = known.slice(-tipsNamedMax).map((tip) => `^${tip}`);
  const listed = await runGit(directory, ['rev-list', '--parents', ...missing, ...without, '--']);
  for (const line of listed.stdout.split('\n')) {
    const [sha, ...of] = line.split(' ');
    if (sha !== undefined && sha !== '') parents.set(sha, of);
  }
  known.push(...missing);
}
