// What is fetched ahead of the first look: waited for by whoever misses a commit, and by nobody else.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OutsideError } from '../../src/domain/outside-error.ts';
import { createGitFacts } from '../../src/heartbeat/git-facts.ts';
import type { Journal } from '../../src/heartbeat/journal.ts';
import type { Mirror } from '../../src/heartbeat/ports.ts';
import { makeDiff, makePullRequest, REPOSITORY } from '../decide/make.ts';

type Fetch = () => Promise<void>;

/** A mirror that has the commits or not, and whose fetches are these, one after the other. */
function gitWith(fetches: readonly ((arrive: () => void) => Promise<void>)[], here = false) {
  let [there, fetched] = [here, 0];
  const told: string[] = [];
  const fetch: Fetch = () => {
    const next = fetches[fetched];
    fetched += 1;
    return next === undefined ? Promise.resolve() : next(() => (there = true));
  };
  const mirror = {
    refresh: fetch,
    diff: async () => (there ? makeDiff() : null),
    parents: async () => [],
  } as unknown as Mirror;
  const journal = { event: async ({ text }: { text: string }) => void told.push(text) } as unknown as Journal;
  return { git: createGitFacts({ mirror, journal }), told, fetched: () => fetched };
}

const never = () => new Promise<void>(() => {});
const arrives = async (arrive: () => void) => arrive();
const tooEarly = async () => {};
const fails = () => Promise.reject(new OutsideError('unreachable', 'fetch', 'no answer from git'));

const ROWS = [
  { what: 'commits that are here wait for no fetch', fetches: [never], here: true, found: 1, asked: 1, told: [] },
  { what: 'a commit that is missing comes with what is on its way', fetches: [arrives], found: 1, asked: 1, told: [] },
  {
    what: 'a fetch that began too early is followed by another',
    fetches: [tooEarly, arrives],
    found: 1,
    asked: 2,
    told: [],
  },
  { what: 'one that failed too', fetches: [fails, arrives], found: 1, asked: 2, told: [] },
  {
    what: 'when git cannot be reached that is told once',
    fetches: [fails, fails],
    found: 0,
    asked: 2,
    told: ['fetch: no answer from git'],
  },
];

for (const { what, fetches, here, found, asked, told } of ROWS) {
  test(what, async () => {
    const world = gitWith(fetches, here);
    world.git.fetchAhead(REPOSITORY);
    const { diffs } = await world.git.about(REPOSITORY, [makePullRequest()], new Set([7]), new Map());
    assert.deepEqual([diffs.size, world.fetched(), world.told], [found, asked, told]);
  });
}
