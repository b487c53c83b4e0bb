/** What people do to an issue, its pull request and its branch, at any moment. What does not apply then simply does not happen. */
import { REPOSITORY, STATES } from '../../decide/make.ts';
import { isBatch } from '../oracles/oracle.ts';
import { issueId } from '../world/board.ts';
import { edited } from '../world/git.ts';
import type { By } from '../world/happening.ts';
import type { Pull } from '../world/hub.ts';
import type { World } from '../world/world.ts';

export const ACTS = [
  'to-backlog',
  'to-canceled',
  'to-done',
  'to-todo',
  'to-review',
  'archive',
  'edit',
  'label-off',
  'unassign',
  'block',
  'stop',
  'stop-on-pull',
  'resume',
  'retry',
  'answer',
  'approve',
  'approve-by-stranger',
  'approve-other',
  'stop-by-stranger',
  'talk',
  'talk-on-pull',
  'close',
  'reopen',
  'draft',
  'ready',
  'push',
  'merge-by-hand',
  'retarget',
  'open-thread',
  'resolve-threads',
  'move-base',
  'break-base',
  'clash-base',
  'open-own',
  'push-own',
  'merge-word',
  'open-on-ours',
] as const;

/** What only some scenarios have. The list above stays as it is: the seeds of the corpus draw from it. */
const RARE_ACTS = [
  'merge-word-old',
  'ask-in-thread',
  'mend-base',
  'throw-out',
  'update-by-hand',
  'half-by-hand',
  'break-base-late',
  'thaw',
  'outdate-threads',
  'close-batch',
] as const;
export type ActKind = (typeof ACTS)[number] | (typeof RARE_ACTS)[number];

/** `key` of the issue it is about. */
export interface Act {
  readonly kind: ActKind;
  readonly key: string;
}

export function carryOut(world: World, { kind, key }: Act): void {
  const { board, hub, git } = world;
  const id = issueId(key);
  const pull = pullOf(world, key);
  const say = (body: string, by: By = 'person'): void => board.comment({ id: null, issueId: id, body, by });
  const onPull = (act: (pull: Pull) => unknown): void => {
    if (pull !== null && pull.state === 'open') act(pull);
  };
  const commitTo = (branch: string, path: string, text: string): void => {
    const tree = edited(git.get(hub.tip(branch)).tree, { [path]: text });
    const author = { kind: 'person', name: 'Ada' } as const;
    hub.push(branch, hub.commit(branch, tree, author, `Write ${path}`), 'person');
  };

  switch (kind) {
    case 'to-backlog':
      board.move(id, STATES.backlog, 'person');
      return;
    case 'to-canceled':
      board.move(id, STATES.canceled, 'person');
      return;
    case 'to-done':
      board.move(id, STATES.done, 'person');
      return;
    case 'to-todo':
      board.move(id, STATES.todo, 'person');
      return;
    case 'to-review':
      board.move(id, STATES.review, 'person');
      return;
    case 'archive':
      board.edit(id, { archived: true }, 'person');
      return;
    case 'edit':
      board.edit(id, { title: 'Do something else', description: 'Entirely.' }, 'person');
      return;
    case 'label-off':
      board.edit(id, { labels: [] }, 'person');
      return;
    case 'unassign':
      board.edit(id, { assignees: [] }, 'person');
      return;
    case 'block':
      board.edit(id, { blockers: [{ id: 'issue-ENG-900', key: 'ENG-900', settled: false }] }, 'person');
      return;
    case 'stop':
      say('/stop');
      return;
    case 'stop-on-pull':
      onPull(({ number }) => hub.comment(number, null, '/stop', 'person'));
      return;
    case 'resume':
      say('/resume');
      return;
    case 'retry':
      say('/retry');
      return;
    case 'answer':
      say('/answer Blue, please.');
      return;
    case 'approve':
      onPull(({ head }) => say(`/approve ${head}`));
      return;
    case 'approve-by-stranger':
      onPull(({ head }) => say(`/approve ${head}`, 'stranger'));
      return;
    case 'approve-other':
      onPull(({ baseBranch }) => say(`/approve ${hub.tip(baseBranch)}`));
      return;
    case 'stop-by-stranger':
      say('/stop', 'stranger');
      return;
    case 'talk':
      say('Nice weather today.');
      return;
    case 'talk-on-pull':
      onPull(({ number }) => hub.comment(number, null, 'Why not the other way round?', 'person'));
      return;
    case 'close':
      onPull(({ number }) => hub.close(number, 'person'));
      return;
    case 'close-batch': {
      const batch = [...hub.pulls.values()].find((one) => one.state === 'open' && isBatch(one.branch));
      if (batch !== undefined) hub.close(batch.number, 'person');
      return;
    }
    case 'reopen':
      if (pull?.state === 'closed') hub.edit(pull.number, { state: 'open', head: hub.tip(pull.branch) }, 'person');
      return;
    case 'draft':
      onPull(({ number }) => hub.edit(number, { draft: true }, 'person'));
      return;
    case 'ready':
      onPull(({ number }) => hub.edit(number, { draft: false }, 'person'));
      return;
    case 'push':
      onPull(({ branch }) => commitTo(branch, `src/by-hand-${key}.ts`, `by hand ${world.timeline.now()}`));
      return;
    case 'merge-by-hand':
      onPull(({ number, draft, baseBranch, head }) => {
        if (!draft && git.merge(hub.tip(baseBranch), head) !== null) {
          hub.merge({ number, head: null, method: 'merge', by: 'person' });
        }
      });
      return;
    case 'retarget':
      onPull(({ number }) => {
        if (!hub.branches.has('release')) hub.push('release', hub.tip('main'), 'person');
        hub.edit(number, { baseBranch: 'release' }, 'person');
      });
      return;
    case 'open-thread':
      onPull(({ number }) => hub.openThread(number, 'Please rename this.', 'person'));
      return;
    case 'ask-in-thread':
      onPull(({ number }) => hub.openThread(number, 'Why this name?', 'person'));
      return;
    case 'resolve-threads':
      onPull(({ number, threads }) => {
        for (const thread of threads) if (!thread.resolved) hub.resolve(number, thread.id, 'person');
      });
      return;
    case 'outdate-threads':
      onPull(({ number, threads }) => {
        hub.edit(number, { threads: threads.map((thread) => ({ ...thread, outdated: true })) }, 'forge');
      });
      return;
    case 'move-base':
      commitTo('main', 'src/elsewhere.ts', `elsewhere ${world.timeline.now()}`);
      return;
    case 'break-base':
      commitTo('main', 'src/elsewhere.ts', 'broken');
      return;
    case 'break-base-late':
      commitTo('main', 'src/elsewhere.ts', 'too late');
      return;
    case 'mend-base':
      commitTo('main', 'src/elsewhere.ts', 'elsewhere 1');
      return;
    case 'half-by-hand':
      onPull(({ baseBranch, head }) => {
        const [path] = git.change(hub.tip(baseBranch), head).files;
        const text = path === undefined ? undefined : git.get(head).tree.get(path);
        if (path !== undefined && text !== undefined) commitTo('main', path, text);
      });
      return;
    case 'update-by-hand':
      onPull(({ number, head, baseBranch }) => {
        if (git.merge(hub.tip(baseBranch), head) !== null) hub.updateBranch(number, head, 'person');
      });
      return;
    case 'throw-out':
      onPull(({ number }) => world.queue.dequeue(number, 'forge'));
      return;
    case 'thaw':
      world.thaws.push(REPOSITORY);
      world.tell({ kind: 'thawed', by: 'person' });
      return;
    case 'clash-base':
      commitTo('main', 'src/app.ts', `app by hand ${world.timeline.now()}`);
      return;
    case 'open-own': {
      const branch = ownBranch(key);
      if (hub.branches.has(branch)) return;
      hub.push(branch, hub.tip('main'), 'person');
      commitTo(branch, `src/own-${key}.ts`, 'own');
      hub.open({ branch, baseBranch: 'main', title: 'By hand', body: '', draft: false, by: 'person' });
      return;
    }
    case 'push-own':
      if (hub.branches.has(ownBranch(key)))
        commitTo(ownBranch(key), `src/own-${key}.ts`, `own ${world.timeline.now()}`);
      return;
    case 'open-on-ours': {
      const branch = `heartline/${key.toLowerCase()}`;
      if (!hub.branches.has(branch) || pull !== null) return;
      hub.open({ branch, baseBranch: 'main', title: 'Mine', body: '', draft: false, by: 'person' });
      return;
    }
    case 'merge-word': {
      const own = [...hub.pulls.values()].find((one) => one.branch === ownBranch(key));
      if (own !== undefined) hub.comment(own.number, null, `/merge ${own.head}`, 'person');
      return;
    }
    case 'merge-word-old': {
      const own = [...hub.pulls.values()].find((one) => one.branch === ownBranch(key));
      const [before] = own === undefined ? [] : git.get(own.head).parents;
      if (own !== undefined && before !== undefined) hub.comment(own.number, null, `/merge ${before}`, 'person');
      return;
    }
  }
}

/** A branch that no issue of ours stands behind. */
function ownBranch(key: string): string {
  return `feature/${key.toLowerCase()}`;
}

/** Our newest pull request for an issue, known by the branch as people would. */
export function pullOf({ hub }: World, key: string): Pull | null {
  const branch = `heartline/${key.toLowerCase()}`;
  return (
    [...hub.pulls.values()].findLast((pull) => pull.branch === branch || pull.branch.startsWith(`${branch}-`)) ?? null
  );
}
