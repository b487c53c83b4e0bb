// A red check is run once more on the same commit before anybody is paid to mend it.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { need } from '../needs.ts';
import { assertLawful } from '../oracles/lawful.ts';
import { bwrapWorks } from '../world/bwrap-works.ts';
import { byRole } from '../world/models/scripted-agent.ts';
import { CHECK } from '../world/start-world.ts';
import { approving, devWriting, HELLO, shows } from './agents.ts';
import { asked, assertOnceEach, botPushes, isDone, ofKind } from './outside.ts';
import { FILES, startStory } from './story.ts';

const room = need('bwrap', await bwrapWorks(), 'sudo apt-get install -y bubblewrap');
const HELLO_FILE = 'src/hello.js';

function conclusions(effects: ReturnType<typeof ofKind<'check-run'>>, sha: string | null | undefined) {
  return effects.flatMap((one) => (one.sha === sha && one.conclusion !== null ? [one.conclusion] : []));
}

test('a flaky check: run once more on the same commit, labelled, merged, and no agent paid', room, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'luck '));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const unlucky = 'test -e "$0" || { : > "$0"; echo "connection reset"; exit 1; }';
  const story = await startStory({
    issues: [HELLO],
    jobs: [{ name: CHECK, command: ['sh', '-c', unlucky, join(folder, 'once')], timeoutMs: 20_000 }],
    script: byRole({ dev: devWriting(HELLO_FILE, 'export const hello = 1;\n'), review: approving }),
  });
  t.after(story.end);
  const { world } = story;
  await story.until('ENG-1 is Done', () => isDone(world, 'ENG-1'));
  await story.rest();
  assertOnceEach(world, 'ENG-1');
  const [push, ...more] = botPushes(world);
  assert.deepEqual(more, []);
  assert.deepEqual(conclusions(ofKind(world, 'check-run'), push?.after), ['failure', 'success']);
  assert.equal(ofKind(world, 'check-rerequested').length, 1);
  assert.deepEqual(
    ofKind(world, 'label-added').map((one) => [one.number, one.label]),
    [[1, 'flaky-check']],
  );
  assert.equal(ofKind(world, 'merge')[0]?.sha, push?.after);
  assert.equal(asked(world, 'devops').length, 0);
  await assertLawful(world);
});

test('a check that is really red: run once more, then devops mends it', room, async (t) => {
  const story = await startStory({
    issues: [HELLO],
    files: { ...FILES, 'ci.sh': '#!/bin/sh\nif grep -rn debugger src; then exit 1; fi\n' },
    jobs: [{ name: CHECK, command: ['sh', 'ci.sh'], timeoutMs: 20_000 }],
    script: byRole({
      dev: devWriting(HELLO_FILE, 'debugger;\nexport const hello = 1;\n'),
      devops: devWriting(HELLO_FILE, 'export const hello = 1;\n', 'Drop the debugger'),
      review: approving,
    }),
  });
  t.after(story.end);
  const { world } = story;
  await story.until('ENG-1 is Done', () => isDone(world, 'ENG-1'));
  await story.rest();
  assertOnceEach(world, 'ENG-1');
  const [red, green, ...more] = botPushes(world);
  assert.deepEqual(more, []);
  const checks = ofKind(world, 'check-run');
  assert.deepEqual(conclusions(checks, red?.after), ['failure', 'failure'], 'twice, and no more');
  assert.deepEqual(conclusions(checks, green?.after), ['success']);
  assert.deepEqual(
    ofKind(world, 'check-rerequested').map((one) => one.sha),
    [red?.after],
  );
  const told = asked(world, 'devops').filter((one) => shows(one, 'debugger'));
  assert.ok(told.length > 0);
  assert.deepEqual(ofKind(world, 'label-added'), [], 'it was not flaky');
  assert.equal(ofKind(world, 'merge')[0]?.sha, green?.after);
  await assertLawful(world);
});
