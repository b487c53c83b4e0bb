/** GitHub: branches, pull requests, checks, reviews, threads, protection and a small merge queue, over git in memory. */
import type { Comment } from '../../../src/domain/issue.ts';
import { OutsideError } from '../../../src/domain/outside-error.ts';
import type {
  Check,
  Mergeable,
  MergeMethod,
  PullRequest,
  Review,
  ReviewThread,
} from '../../../src/domain/pull-request.ts';
import { ADA, MALLORY, REPOSITORY, ROBOT } from '../../decide/make.ts';
import type { Author, Git } from './git.ts';
import type { By, Tell } from './happening.ts';
import { landingCommit } from './landing.ts';
import type { Keep } from './memory.ts';
import type { Timeline } from './timeline.ts';

/** What people see of one pull request, and what only the forge knows of it. */
export interface Pull {
  readonly number: number;
  readonly title: string;
  readonly body: string;
  readonly state: PullRequest['state'];
  readonly draft: boolean;
  readonly author: string;
  readonly labels: readonly string[];
  readonly branch: string;
  readonly baseBranch: string;
  /** Frozen when it is closed or merged, otherwise the branch's tip. */
  readonly head: string;
  readonly reviews: readonly Review[];
  readonly threads: readonly ReviewThread[];
  readonly queued: PullRequest['queued'];
  readonly mergeCommit: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** How the forge lies about a merge: it answers success and lands something else. */
export type Corruption = 'wrong-base' | 'dropped-change' | 'empty' | 'wrong-head' | 'extra-change';

export interface Hub {
  readonly branches: ReadonlyMap<string, string>;
  readonly pulls: ReadonlyMap<number, Pull>;
  readonly checks: ReadonlyMap<string, readonly Check[]>;
  readonly comments: readonly Comment[];
  readonly rules: Rules;
  tip(branch: string): string;
  pull(number: number): Pull;
  show(pull: Pull): PullRequest;
  mergeable(pull: Pull): Mergeable;
  push(branch: string, head: string, by: By): void;
  /** Closes what is open from it. `conflict` when it is elsewhere, nothing when it is gone. */
  deleteBranch(branch: string, expected: string, by: By): void;
  open(request: {
    readonly branch: string;
    readonly baseBranch: string;
    readonly title: string;
    readonly body: string;
    readonly draft: boolean;
    readonly by: By;
  }): Pull;
  edit(number: number, change: Partial<Pull>, by: By): void;
  close(number: number, by: By): void;
  merge(request: {
    readonly number: number;
    readonly head: string | null;
    readonly method: MergeMethod;
    readonly by: By;
  }): string;
  updateBranch(number: number, expected: string, by: By): void;
  report(check: Check): void;
  comment(number: number, thread: string | null, body: string, by: By): string;
  review(
    number: number,
    review: { readonly head: string; readonly event: string; readonly body: string; readonly by: By },
  ): string;
  resolve(number: number, thread: string, by: By): void;
  openThread(number: number, body: string, by: By): void;
  commit(branch: string, tree: ReadonlyMap<string, string>, author: Author, message: string): string;
  onHead(listener: (head: string, pull: Pull | null) => void): void;
}

export interface Rules {
  /** The branch must contain its base, enforced by the server. */
  readonly strict: boolean;
  readonly required: readonly string[];
  readonly mergeQueue: boolean;
  readonly mergeableDelayMs: number;
  /** The n-th merge of the bot lands like this instead, the first being 0. */
  readonly corrupt: { readonly merge: number; readonly how: Corruption } | null;
}

const LOGINS: Readonly<Record<By, string>> = {
  bot: 'heartline-bot',
  person: 'ada',
  stranger: 'mallory',
  forge: 'github',
};

export function createHub(git: Git, timeline: Timeline, tell: Tell, rules: Rules, keep: Keep): Hub {
  const own = keep({
    branches: new Map<string, string>(),
    pulls: new Map<number, Pull>(),
    checks: new Map<string, readonly Check[]>(),
    comments: [] as Comment[],
    settled: new Map<string, number>(),
    earlier: new Map<number, string>(),
    counter: 0,
    merges: 0,
  });
  const { branches, pulls, checks, comments, settled, earlier } = own;
  const listeners: ((head: string, pull: Pull | null) => void)[] = [];

  const tip = (branch: string): string => {
    const head = branches.get(branch);
    if (head === undefined) throw new OutsideError('missing', `read ${branch}`, 'there is no such branch');
    return head;
  };
  const pull = (number: number): Pull => {
    const found = pulls.get(number);
    if (found === undefined) throw new OutsideError('missing', `read pull request #${number}`, 'there is none');
    return found;
  };
  const set = (number: number, change: Partial<Pull>): Pull => {
    const next = { ...pull(number), ...change, updatedAt: timeline.now() };
    pulls.set(number, next);
    return next;
  };
  const nextId = (): number => {
    own.counter += 1;
    return own.counter;
  };

  /** GitHub works out mergeability in the background: unknown at first, and again after every move of either side. */
  const mergeable = (one: Pull): Mergeable => {
    const pair = `${tip(one.baseBranch)}..${one.head}`;
    const known = settled.get(pair);
    if (known === undefined) settled.set(pair, timeline.now() + rules.mergeableDelayMs);
    if (known === undefined || known > timeline.now()) return 'unknown';
    return git.merge(tip(one.baseBranch), one.head) === null ? 'conflict' : 'yes';
  };

  /** What else a base now contains: GitHub shows it as merged, by the commit that the base was moved to. */
  const landAlong = (branch: string, before: string, after: string, by: By): void => {
    for (const one of [...pulls.values()]) {
      const landed = one.state === 'open' && one.baseBranch === branch && git.contains(after, one.head);
      if (!landed || git.contains(before, one.head)) continue;
      set(one.number, { state: 'merged', mergeCommit: after, queued: null });
      tell({ kind: 'landed-along', by, number: one.number, head: one.head, commit: after });
    }
  };

  const push = (branch: string, head: string, by: By, merger: By = by): void => {
    const before = branches.get(branch) ?? null;
    if (before === head) return;
    branches.set(branch, head);
    tell({ kind: 'pushed', by, branch, before, head });
    const touched = [...pulls.values()].filter((one) => one.branch === branch && one.state === 'open');
    for (const one of touched) {
      earlier.set(one.number, one.head);
      const next = set(one.number, { head, queued: null });
      for (const listener of listeners) listener(head, next);
    }
    if (before !== null) landAlong(branch, before, head, merger);
    if (branch === 'main') for (const listener of listeners) listener(head, null);
  };

  const refuse = (attempted: string, detail: string, kind: 'refused' | 'conflict' = 'refused'): never => {
    throw new OutsideError(kind, attempted, detail);
  };

  return {
    branches,
    pulls,
    checks,
    comments,
    rules,
    tip,
    pull,
    mergeable,
    push: (branch, head, by) => push(branch, head, by),
    deleteBranch: (branch, expected, by) => {
      const head = branches.get(branch);
      if (head === undefined) return;
      if (head !== expected) refuse(`delete ${branch}`, `it is at ${head}`, 'conflict');
      branches.delete(branch);
      tell({ kind: 'branch-deleted', by, branch, head });
      for (const one of [...pulls.values()].filter((it) => it.branch === branch && it.state === 'open')) {
        set(one.number, { state: 'closed', queued: null });
        tell({ kind: 'closed', by, number: one.number });
      }
    },
    onHead: (listener) => listeners.push(listener),
    show: (one) => ({
      ...one,
      repository: REPOSITORY,
      url: `https://github.test/${REPOSITORY}/pull/${one.number}`,
      base: tip(one.baseBranch),
      fromFork: false,
      mergeable: one.state === 'open' ? mergeable(one) : 'unknown',
      // What an older head was told is still in the lists; whoever looks has to look at the commit too.
      checks: [...(checks.get(one.head) ?? []), ...(checks.get(earlier.get(one.number) ?? '') ?? [])],
    }),
    commit: (branch, tree, author, message) =>
      git.commit({ parents: [tip(branch)], tree, author, message, at: timeline.now() }),
    open: ({ branch, baseBranch, title, body, draft, by }) => {
      const attempted = `open a pull request from ${branch}`;
      const head = tip(branch);
      if ([...pulls.values()].some((one) => one.branch === branch && one.state === 'open'))
        refuse(attempted, 'there is one already', 'conflict');
      if (git.contains(tip(baseBranch), head)) refuse(attempted, 'it changes nothing');
      const now = timeline.now();
      const made: Pull = {
        number: nextId(),
        title,
        body,
        state: 'open',
        draft,
        author: LOGINS[by],
        labels: [],
        branch,
        baseBranch,
        head,
        reviews: [],
        threads: [],
        queued: null,
        mergeCommit: null,
        createdAt: now,
        updatedAt: now,
      };
      pulls.set(made.number, made);
      tell({ kind: 'opened', by, number: made.number, branch, head });
      for (const listener of listeners) listener(head, made);
      return made;
    },
    edit: (number, change, by) => {
      set(number, change);
      tell({ kind: 'pull-edited', by, number, what: JSON.stringify(change) });
    },
    close: (number, by) => {
      set(number, { state: 'closed', queued: null });
      tell({ kind: 'closed', by, number });
    },
    merge: ({ number, head, method, by }) => {
      const attempted = `merge pull request #${number}`;
      const one = pull(number);
      const base = tip(one.baseBranch);
      if (one.state !== 'open') refuse(attempted, `it is ${one.state}`);
      if (one.draft) refuse(attempted, 'it is a draft');
      if (head !== null && one.head !== head) refuse(attempted, `its head is ${one.head}`, 'conflict');
      if (rules.mergeQueue && by === 'bot') refuse(attempted, 'merges go through the merge queue');
      if (git.merge(base, one.head) === null) refuse(attempted, 'it conflicts with its base');
      if (rules.strict && by === 'bot' && !git.contains(one.head, base)) refuse(attempted, 'it is behind its base');
      const asked = by === 'bot' || (by === 'forge' && rules.mergeQueue);
      const how = asked && rules.corrupt?.merge === own.merges ? rules.corrupt.how : null;
      if (asked) own.merges += 1;
      const commit = landingCommit(git, { base, head: one.head, method, how, title: one.title, at: timeline.now() });
      set(number, { state: 'merged', mergeCommit: commit, queued: null });
      tell({ kind: 'merged', by, number, head: one.head, base, commit, asked: head });
      push(one.baseBranch, commit, 'forge', by);
      return commit;
    },
    updateBranch: (number, expected, by) => {
      const one = pull(number);
      const attempted = `update the branch of #${number}`;
      if (one.state !== 'open') refuse(attempted, `it is ${one.state}`);
      if (one.head !== expected) refuse(attempted, `its head is ${one.head}`, 'conflict');
      const base = tip(one.baseBranch);
      if (git.contains(one.head, base)) return;
      const tree = git.merge(one.head, base);
      if (tree === null) throw new OutsideError('refused', attempted, 'it conflicts with its base');
      const author = { kind: 'forge' } as const;
      const message = `Merge ${one.baseBranch} into ${one.branch}`;
      push(one.branch, git.commit({ parents: [one.head, base], tree, author, message, at: timeline.now() }), by);
    },
    report: (check) => {
      const others = (checks.get(check.sha) ?? []).filter(
        (one) => one.kind !== check.kind || one.name !== check.name || one.app !== check.app,
      );
      checks.set(check.sha, [...others, check]);
    },
    comment: (number, thread, body, by) => {
      const id = `talk-${nextId()}`;
      const at = timeline.now();
      const one = pull(number);
      if (thread !== null) {
        const remark = { id, author: LOGINS[by], byPerson: by === 'person' || by === 'stranger', body, at };
        const threads = one.threads.map((it) =>
          it.id === thread ? { ...it, comments: [...it.comments, remark] } : it,
        );
        set(number, { threads });
      } else {
        const author = by === 'bot' ? ROBOT : by === 'stranger' ? MALLORY : ADA;
        comments.push({
          id,
          on: { kind: 'pull-request', repository: REPOSITORY, number },
          author,
          handle: LOGINS[by],
          body,
          at,
        });
      }
      tell({ kind: 'pull-commented', by, number, thread, body });
      return id;
    },
    openThread: (number, body, by) => {
      const id = `thread-${nextId()}`;
      const remark = { id: `talk-${nextId()}`, author: LOGINS[by], byPerson: true, body, at: timeline.now() };
      const thread: ReviewThread = {
        id,
        reviewId: null,
        resolved: false,
        outdated: false,
        path: 'src/app.ts',
        line: 1,
        comments: [remark],
      };
      set(number, { threads: [...pull(number).threads, thread] });
      tell({ kind: 'pull-commented', by, number, thread: id, body });
    },
    review: (number, { head, event, body, by }) => {
      const one = pull(number);
      const state = event === 'approve' ? 'approved' : event === 'comment' ? 'commented' : 'changes-requested';
      const review: Review = {
        id: nextId(),
        author: LOGINS[by],
        byPerson: by === 'person',
        state,
        sha: head,
        body,
        at: timeline.now(),
      };
      set(number, { reviews: [...one.reviews, review] });
      tell({ kind: 'reviewed', by, number, head, event, body });
      return String(review.id);
    },
    resolve: (number, thread, by) => {
      set(number, {
        threads: pull(number).threads.map((one) => (one.id === thread ? { ...one, resolved: true } : one)),
      });
      tell({ kind: 'resolved', by, number, thread });
    },
  };
}
