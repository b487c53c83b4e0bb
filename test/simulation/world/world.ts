/** The whole outside of one simulation: a board, a forge with git and CI, and the log of all that happened to them. */
import { createHash } from 'node:crypto';
import type { Issue } from '../../../src/domain/issue.ts';
import { NOW } from '../../decide/make.ts';
import { type Random, seededRandom } from '../../world/random.ts';
import { type Board, createBoard } from './board.ts';
import { type Ci, type CiStyle, createCi } from './ci.ts';
import { createGit, type Git } from './git.ts';
import type { Happening, Tell } from './happening.ts';
import { createHub, type Hub, type Rules } from './hub.ts';
import { createMemory, type Memory } from './memory.ts';
import { createQueue, type Queue } from './queue.ts';
import { createTimeline, type Timeline } from './timeline.ts';

export interface World {
  readonly memory: Memory;
  readonly timeline: Timeline;
  readonly random: Random;
  readonly git: Git;
  readonly board: Board;
  readonly hub: Hub;
  readonly ci: Ci;
  readonly queue: Queue;
  /** Workspaces outlive the bot: by name, the commit their tree stands at. */
  readonly workspaces: Map<string, string>;
  readonly log: Line[];
  /** What people told the bot itself to do and it has not done yet: repositories to thaw. */
  readonly thaws: string[];
  readonly tell: Tell;
  /** Called after every happening, in order. */
  watch(watcher: (happening: Happening, at: number) => void): void;
}

export interface Line {
  readonly at: number;
  readonly happening: Happening;
}

export interface WorldSetting {
  readonly seed: number;
  readonly files: Readonly<Record<string, string>>;
  readonly ci: CiStyle;
  readonly rules: Rules;
  readonly issues: readonly { readonly key: string; readonly value: Partial<Issue> }[];
}

export function createWorld({ seed, files, ci, rules, issues }: WorldSetting): World {
  const memory = createMemory();
  const { keep } = memory;
  const timeline = createTimeline(NOW, keep);
  const random = seededRandom(seed, keep);
  const git = createGit(keep);
  const { log, workspaces, thaws } = keep({
    log: [] as Line[],
    workspaces: new Map<string, string>(),
    thaws: [] as string[],
  });
  const watchers: ((happening: Happening, at: number) => void)[] = [];
  const tell: Tell = (happening) => {
    log.push({ at: timeline.now(), happening });
    for (const watcher of watchers) watcher(happening, timeline.now());
  };
  const hub = createHub(git, timeline, tell, rules, keep);
  const tree = new Map(Object.entries(files).sort(([one], [other]) => (one < other ? -1 : 1)));
  const person = { kind: 'person', name: 'Ada' } as const;
  const root = git.commit({ parents: [], tree: new Map(), author: person, message: 'Begin', at: NOW });
  hub.push('main', git.commit({ parents: [root], tree, author: person, message: 'Go on', at: NOW }), 'person');
  const board = createBoard(timeline, tell, keep);
  for (const { key, value } of issues) board.create(key, value);
  return {
    memory,
    timeline,
    random,
    git,
    board,
    hub,
    ci: createCi({ git, hub, timeline, random, style: ci, tell, keep }),
    queue: createQueue(git, hub, timeline, tell, keep),
    workspaces,
    log,
    thaws,
    tell,
    watch: (watcher) => watchers.push(watcher),
  };
}

/** The same seed must give the same log, byte for byte. */
export function logHash(log: readonly Line[]): string {
  const hash = createHash('sha256');
  for (const line of log) hash.update(`${JSON.stringify(line)}\n`);
  return hash.digest('hex');
}
