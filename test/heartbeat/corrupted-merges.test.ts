// GitHub reports a merge as done and something else lies on the branch: seen at once, frozen, a person called, nothing more lands.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { need } from '../needs.ts';
import { bwrapWorks } from '../world/bwrap-works.ts';
import { mergeCorruptions } from '../world/github/world.ts';
import { byIssueKey, byRole } from '../world/models/scripted-agent.ts';
import { REPOSITORY } from '../world/start-world.ts';
import { approving, BYE, devWriting, HELLO } from './agents.ts';
import { asked, isDone, isParked, ofKind } from './outside.ts';
import { startStory } from './story.ts';

const room = need('bwrap', await bwrapWorks(), 'sudo apt-get install -y bubblewrap');

for (const kind of mergeCorruptions) {
  test(`${kind}: noticed within one look, frozen, paged, and nothing else merges`, room, async (t) => {
    /** Looks at GitHub between the merge and the page. */
    let looks = 0;
    let isOver = (): boolean => true;
    const story = await startStory({
      issues: [HELLO, BYE],
      script: byRole({
        dev: byIssueKey({
          'ENG-1': devWriting('src/hello.js', 'export const hello = 1;\n'),
          'ENG-2': devWriting('src/bye.js', 'export const bye = 1;\n'),
        }),
        review: approving,
      }),
      fault: (call) => {
        if (!isOver() && call.service === 'github' && !call.write && /\brepository\b/.test(call.operation)) looks += 1;
        return null;
      },
    });
    t.after(story.end);
    const { world } = story;
    const frozen = () => story.reports.filter((line) => line.startsWith('Merging is frozen'));
    isOver = () => ofKind(world, 'merge').length === 0 || frozen().length > 0;
    // Some of them need something on the branch that is older than its tip.
    await world.github.act.pushCommit(REPOSITORY, 'main', 'ada', {
      files: { 'src/older.js': 'export {};\n' },
      message: 'Older',
    });
    world.github.corruptNextMerge(kind);
    await story.until('a person is called', () => frozen().length > 0);
    assert.ok(looks <= 1, `${looks} looks until it was noticed`);
    await story.rest();

    assert.equal(ofKind(world, 'merge').length, 1, 'nothing else merges');
    assert.equal(frozen().length, 1, 'said once');
    assert.match(frozen()[0] ?? '', /landed on main as [0-9a-f]{40}, but .*heartline thaw acme\/cart/);
    assert.ok(REPOSITORY in (await story.status()).frozen);
    const first = ofKind(world, 'pull-request-created').find((one) => one.number === ofKind(world, 'merge')[0]?.number);
    const [bad, other] = first?.head === 'heartline/eng-1' ? ['ENG-1', 'ENG-2'] : ['ENG-2', 'ENG-1'];
    assert.ok(isParked(world, bad ?? ''), 'it waits for the person');
    assert.equal(isDone(world, bad ?? ''), false);
    assert.equal(isDone(world, other ?? ''), false);
    assert.ok(asked(world, 'review', other).length > 0, 'the other one was ready to go');
  });
}
