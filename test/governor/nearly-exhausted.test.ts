// Somebody else with the same keys uses up both interfaces just when a pull request is opened: it is reviewed, audited and
// merged all the same, looks are rare, progress is not told, people hear why, and neither interface ever has to refuse anything.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HELLO, wellBehaved } from '../heartbeat/agents.ts';
import { isDone, ofKind } from '../heartbeat/outside.ts';
import { startStory } from '../heartbeat/story.ts';
import { need } from '../needs.ts';
import { bwrapWorks } from '../world/bwrap-works.ts';
import type { Call } from '../world/faults.ts';
import { BOT_LOGIN, SECRETS, type World } from '../world/start-world.ts';

const LOOK_EVERY_MS = 240_000;
const room = need('bwrap', await bwrapWorks(), 'sudo apt-get install -y bubblewrap');

test('nearly exhausted: a merge goes through while progress edits are dropped', room, async (t) => {
  let world: World | null = null;
  let squeezedFrom: { readonly linear: number; readonly github: number } | null = null;
  const statuses: number[] = [];
  const onEffect = (call: Call, phase: 'before' | 'after'): void => {
    // Before, so that the very answer tells of it.
    if (world === null || phase !== 'before') return;
    if (call.operation === 'POST /repos/{owner}/{repo}/pulls') {
      // 6 percent of each: the reserve is touched, so words and edits wait; looks and what is urgent do not.
      world.linear.leave(SECRETS.LINEAR_API_KEY, 150, 180_000);
      world.github.limits.leave(BOT_LOGIN, 'graphql', 300);
      squeezedFrom = { linear: world.linear.requests.length, github: world.github.log.requests.length };
    }
    // The review's, then the audit's: from there on a merge is all that is left to do, and all that may be done.
    if (call.operation === 'POST /repos/{owner}/{repo}/statuses/{sha}') statuses.push(call.number);
    if (statuses.length === 2) world.github.limits.leave(BOT_LOGIN, 'core', 50);
  };
  const story = await startStory({ issues: [HELLO], script: wellBehaved, onEffect });
  t.after(story.end);
  world = story.world;
  const { linear, github } = story.world;

  await story.until('ENG-1 is merged, Done and says so', () => world !== null && isDone(world, 'ENG-1'));
  await story.settled();

  assert.ok(squeezedFrom !== null && statuses.length === 2, 'the quotas went where the story wants them');
  const { linear: linearFrom, github: githubFrom }: { linear: number; github: number } = squeezedFrom;
  assert.equal(ofKind(story.world, 'merge').length, 1);
  // The first answer after the squeeze is the one that tells of it.
  const edits = linear.requests.slice(linearFrom + 1).filter((request) => request.operationName === 'UpdateComment');
  assert.deepEqual(
    edits.map((request) => String(request.variables.body).slice(0, 8)),
    ['**Done**'],
    'only the last word',
  );
  const looks = github.log.requests.slice(githubFrom).filter((request) => isLook(request.sent));
  const stretches = looks.map((look) => Math.floor(look.at / LOOK_EVERY_MS));
  assert.equal(new Set(stretches.slice(1)).size, looks.length - 1, `looks in ${stretches.join(', ')}`);
  assert.deepEqual(
    github.log.requests.filter((request) => request.status === 403 || request.status === 429),
    [],
  );
  assert.deepEqual(
    linear.requests.filter((request) => request.errors.includes('RATELIMITED')),
    [],
  );

  const told = story.reports.join('\n');
  assert.match(told, /GitHub's quota is exhausted \(\d+ of 5,000 (GraphQL points|REST requests) left\)/);
  assert.match(told, /Linear's quota is exhausted \(\d+ of 2,500 requests left\)/);
  assert.equal(told.match(/GitHub's quota is exhausted/g)?.length, 1, 'told once');
  const { limits } = await story.status();
  assert.deepEqual([limits.github.level, limits.github.lookEveryMs], ['exhausted', LOOK_EVERY_MS]);
});

function isLook(sent: unknown): boolean {
  return typeof sent === 'object' && sent !== null && 'query' in sent && String(sent.query).includes('query Observe');
}
