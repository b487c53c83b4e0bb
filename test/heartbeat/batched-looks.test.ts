// Whether a change would land as it was judged is asked for those that may be merged behind their base, and for no others.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createObserver, type Senses } from '../../src/heartbeat/observe.ts';
import {
  BASE,
  HEAD,
  makeDiff,
  makeProject,
  makePullRequest,
  makeRecord,
  makeSettings,
  REPOSITORY,
} from '../decide/make.ts';

const ROWS = [
  { batchMax: 1, asked: 0, lands: null },
  { batchMax: 2, asked: 1, lands: false },
] as const;

for (const { batchMax, asked, lands } of ROWS)
  test(`with batchMax ${batchMax} git is asked ${asked} times what a merge would change`, async () => {
    let calls = 0;
    const none = async () => [];
    const bases = new Map([['main', { tip: BASE, checks: [], mergeQueue: false }]]);
    const senses = {
      clock: { now: () => 1 },
      tracker: { observe: async () => ({ board: { issues: [], states: new Map() }, comments: [], how: 'unchanged' }) },
      forge: {
        observe: async () => ({ defaultBranch: 'main', bases, pullRequests: [makePullRequest()], comments: [] }),
      },
      mirror: {
        diff: async () => makeDiff({ baseIsAncestor: false, landsAsJudged: null }),
        parents: none,
        landsAsJudged: async () => ++calls > 1,
      },
      journal: {
        records: async () => [makeRecord({ pullRequest: 7, head: HEAD })],
        openCommands: none,
        effects: async () => new Map(),
      },
    } as unknown as Senses;
    const settings = makeSettings({ projects: [makeProject({ batchMax })] });
    const rules = { settings, pipelines: new Map(), duties: new Set<never>() };
    const { repositories } = await createObserver(senses).outside(rules);
    const view = repositories.get(REPOSITORY);
    assert.ok(view?.known);
    assert.deepEqual([calls, view.value.diffs.get(`${BASE}..${HEAD}`)?.landsAsJudged], [asked, lands]);
  });
