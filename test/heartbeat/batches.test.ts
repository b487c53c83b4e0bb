// Several pull requests that only wait for each other are tested and merged as one; what does not pass together is halved.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { need } from '../needs.ts';
import { assertLawful } from '../oracles/lawful.ts';
import { bwrapWorks } from '../world/bwrap-works.ts';
import { byIssueKey, byRole } from '../world/models/scripted-agent.ts';
import { BASE_BRANCH, BOT_LOGIN, REPOSITORY } from '../world/start-world.ts';
import { approving, BYE, devWriting, HELLO, resolving, rounds } from './agents.ts';
import { assertOnceEach, branchTip, isDone, isOpened, isStopped, ofKind } from './outside.ts';
import { FILES, startStory } from './story.ts';

const room = need('bwrap', await bwrapWorks(), 'sudo apt-get install -y bubblewrap');
const KEYS = ['ENG-1', 'ENG-2', 'ENG-3', 'ENG-4'] as const;
const BATCH = 'heartline/batch/';

/** Red where both are there: each by itself is fine. */
const CHECK_SH = '#!/bin/sh\n! grep -rq broken src && ! { test -e src/2.js && grep -q clash src/3.js 2>/dev/null; }\n';

/** All four are approved and green, and the base has moved on: from then on they may merge, and each only wants a newer base. */
async function fourAtOnce(third = 'three') {
  const wrote = (key: string, content: string) => devWriting(`src/${key}.js`, `export const word = '${content}';\n`);
  const mending = resolving('src/3.js', "export const word = 'mended';\n");
  const story = await startStory({
    issues: [HELLO, BYE, { ...HELLO, title: 'Say three' }, { ...BYE, title: 'Say four' }],
    files: { ...FILES, 'check.sh': CHECK_SH },
    project: { mergeMethod: 'merge', batchMax: 4, autoMerge: false },
    script: byRole({
      dev: byIssueKey({
        'ENG-1': wrote('1', 'one'),
        'ENG-2': wrote('2', 'two'),
        'ENG-3': rounds(wrote('3', third), mending),
        'ENG-4': wrote('4', 'four'),
      }),
      devops: mending,
      review: approving,
    }),
  });
  const { world } = story;
  await story.until('all are open', () => isOpened(world, KEYS.length));
  await story.rest();
  const files = { 'src/other.js': 'export {};\n' };
  await world.github.act.pushCommit(REPOSITORY, BASE_BRANCH, 'ada', { files, message: 'Other' });
  const merging = () =>
    story.configure(({ projects, ...others }) => ({
      ...others,
      projects: projects.map((project) => ({ ...project, autoMerge: true })),
    }));
  return { story, world, merging };
}

function batches({ world }: Awaited<ReturnType<typeof fourAtOnce>>) {
  return ofKind(world, 'pull-request-created').filter((one) => one.head.startsWith(BATCH));
}

function branchesOf({ world }: Awaited<ReturnType<typeof fourAtOnce>>): readonly string[] {
  return [...world.github.state.repository(REPOSITORY).refs.keys()].filter((ref) => ref.includes(BATCH));
}

test('what only waits for a newer base lands as one, and nothing is left of the batch', room, async (t) => {
  const told = await fourAtOnce();
  const { story, world, merging } = told;
  t.after(story.end);
  await merging();
  await story.until('all are Done', () => KEYS.every((key) => isDone(world, key)));
  await story.rest();
  for (const key of KEYS) assertOnceEach(world, key);
  const [batch, ...others] = batches(told);
  assert.deepEqual(others, []);
  const merges = ofKind(world, 'merge');
  const together = merges.find((one) => one.number === batch?.number);
  const members = merges.filter((one) => one.method === 'push' && one.mergeCommit === together?.mergeCommit);
  assert.equal(members.length, KEYS.length, 'all of them landed together');
  assert.equal(branchTip(world, BASE_BRANCH), merges.at(-1)?.mergeCommit);
  assert.deepEqual(branchesOf(told), []);
  // Nothing was pushed to their branches, and nobody reviewed them again.
  const brought = new Set(members.map((one) => one.number));
  assert.deepEqual(
    ofKind(world, 'branch-updated').filter((one) => brought.has(one.number)),
    [],
  );
  const reviews = ofKind(world, 'review').filter((one) => brought.has(one.number) && one.actor === BOT_LOGIN);
  assert.equal(reviews.length, members.length);
  assert.deepEqual((await story.status()).frozen, {});
  await assertLawful(world);
});

test('two that do not pass together are taken apart, and the one at fault is mended by itself', room, async (t) => {
  const told = await fourAtOnce('clash');
  const { story, world, merging } = told;
  t.after(story.end);
  await merging();
  await story.until('all are Done', () => KEYS.every((key) => isDone(world, key)));
  await story.rest();
  for (const key of KEYS) assertOnceEach(world, key);
  assert.deepEqual(branchesOf(told), []);
  assert.deepEqual((await story.status()).frozen, {});
  await assertLawful(world);
});

test('a stop while it is tested with others takes all of it apart: the stopped one does not land', room, async (t) => {
  const told = await fourAtOnce();
  const { story, world, merging } = told;
  t.after(story.end);
  const stopped = new Set<string>();
  world.github.onChange((effect) => {
    // The moment it is opened: before its checks have run.
    if (effect.kind !== 'pull-request-created' || !effect.head.startsWith(BATCH) || stopped.size > 0) return;
    const number = Number(/^heartline\/batch\/(\d+)/.exec(effect.head)?.[1]);
    const branch = world.github.state.repository(REPOSITORY).pullRequests.get(number)?.headRef ?? '';
    const key = KEYS.find((one) => branch === `heartline/${one.toLowerCase()}`) ?? '';
    stopped.add(key);
    world.linear.act.comment(key, '/stop', 'grace');
  });
  await merging();
  await story.until('all but one are Done', () =>
    KEYS.every((key) => (stopped.has(key) ? isStopped(world, key) : isDone(world, key))),
  );
  await story.rest();
  assert.equal(stopped.size, 1);
  const [key = ''] = stopped;
  const number = ofKind(world, 'pull-request-created').find(
    (one) => one.head === `heartline/${key.toLowerCase()}`,
  )?.number;
  assert.ok(!ofKind(world, 'merge').some((one) => one.number === number));
  assert.deepEqual(branchesOf(told), []);
  await assertLawful(world);
});
