// Since when GitHub has not said whether a pull request merges: counted from look to look, anew for another base or head.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PullRequest } from '../../src/domain/pull-request.ts';
import { createObserver, type Senses } from '../../src/heartbeat/observe.ts';
import { makePullRequest, makeSettings, REPOSITORY, sha } from '../decide/make.ts';

const unknown: Partial<PullRequest> = { mergeable: 'unknown' };
const LOOKS: readonly { readonly at: number; readonly shows: Partial<PullRequest>; readonly since: number | null }[] = [
  { at: 1, shows: {}, since: null },
  { at: 2, shows: unknown, since: 2 },
  { at: 3, shows: unknown, since: 2 },
  { at: 4, shows: { ...unknown, base: sha(1) }, since: 4 },
  { at: 5, shows: { ...unknown, base: sha(1) }, since: 4 },
  { at: 6, shows: { ...unknown, base: sha(1), head: sha(2) }, since: 6 },
  { at: 7, shows: { base: sha(1), head: sha(2) }, since: null },
  { at: 8, shows: { ...unknown, base: sha(1), head: sha(2) }, since: 8 },
  { at: 9, shows: { ...unknown, state: 'merged' }, since: null },
];

test('GitHub has not said since the first look that said so, without a break', async () => {
  let look = { at: 0, shows: {} };
  const pullRequests = () => [makePullRequest(look.shows), makePullRequest({ number: 8 })];
  const none = async () => [];
  const senses = {
    clock: { now: () => look.at },
    tracker: { observe: async () => ({ board: { issues: [], states: new Map() }, comments: [], how: 'unchanged' }) },
    forge: {
      observe: async () => ({ defaultBranch: 'main', bases: new Map(), pullRequests: pullRequests(), comments: [] }),
    },
    mirror: {},
    journal: { records: none, openCommands: none, effects: async () => new Map() },
  } as unknown as Senses;
  const observer = createObserver(senses);
  const rules = { settings: makeSettings(), pipelines: new Map(), duties: new Set<never>() };
  for (const { since, ...now } of LOOKS) {
    look = now;
    const { repositories } = await observer.outside(rules);
    const view = repositories.get(REPOSITORY);
    assert.ok(view?.known);
    assert.deepEqual([...view.value.unsureSince], since === null ? [] : [[7, since]], `look ${now.at}`);
  }
});
