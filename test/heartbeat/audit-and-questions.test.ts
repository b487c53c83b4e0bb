// What the issue asked for is held against evidence before the merge, an agent's question waits for a person, and an
// outage of every model is waited out.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { need } from '../needs.ts';
import { bwrapWorks } from '../world/bwrap-works.ts';
import { finish } from '../world/models/agent-steps.ts';
import type { Script } from '../world/models/conversation.ts';
import { byRole, steps } from '../world/models/scripted-agent.ts';
import { approving, devWriting, HELLO, rounds, shows, wellBehaved } from './agents.ts';
import { asked, assertOnceEach, isDone, isParked, ofKind, progressOf } from './outside.ts';
import { startStory } from './story.ts';

const room = need('bwrap', await bwrapWorks(), 'sudo apt-get install -y bubblewrap');
const HELLO_FILE = 'src/hello.js';

function auditing(met: boolean): Script {
  const evidence = met ? `${HELLO_FILE}:1 exports hello` : `${HELLO_FILE}:1 exports helo`;
  const criteria = [{ criterion: 'It exports hello', met, evidence }];
  return steps(finish({ decision: met ? 'pass' : 'fail', criteria, summary: met ? 'There.' : 'Misspelt.' }));
}

test('an audit that fails goes back to the dev as findings; the head that passed is merged', room, async (t) => {
  const story = await startStory({
    issues: [HELLO],
    script: byRole({
      dev: rounds(
        devWriting(HELLO_FILE, 'export const helo = 1;\n', 'Say hello'),
        devWriting(HELLO_FILE, 'export const hello = 1;\n', 'Spell it'),
      ),
      review: approving,
      audit: (request) => auditing(shows(request, '+export const hello = 1;'))(request),
    }),
  });
  t.after(story.end);
  const { world } = story;
  await story.until('ENG-1 is Done', () => isDone(world, 'ENG-1'));
  assertOnceEach(world, 'ENG-1');
  const [merge] = ofKind(world, 'merge');
  const audits = ofKind(world, 'status').filter((one) => one.context === 'heartline/audit');
  assert.deepEqual(
    audits.map(({ state, description }) => [state, description?.replace(/ at .*/, '')]),
    [
      ['failure', '0 of 1 criteria met'],
      ['success', '1 of 1 criteria met'],
    ],
  );
  assert.equal(audits[1]?.sha, merge?.sha);
  assert.ok(asked(world, 'dev').some((request) => shows(request, 'Not met: It exports hello')));
  assert.match(
    progressOf(world, 'ENG-1'),
    /1 review round[\s\S]*Audit: 1 of 1 criteria met[\s\S]*- met: It exports hello/,
  );
});

test('a question parks the issue and shows there; the answer goes on in the same session', room, async (t) => {
  const asking: Script = () => ({ calls: [{ name: 'ask', input: { question: 'In which language?' } }] });
  const story = await startStory({
    issues: [HELLO],
    script: byRole({ dev: rounds(asking, devWriting(HELLO_FILE, 'export const salut = 1;\n')), review: approving }),
  });
  t.after(story.end);
  const { world } = story;
  await story.until('ENG-1 is parked', () => isParked(world, 'ENG-1'));
  await story.rest();
  assert.match(progressOf(world, 'ENG-1'), /\*\*Parked\.\*\* dev asks: In which language\?/);
  assert.ok(story.reports.some((report) => report.includes('ENG-1 is parked: dev asks: In which language?')));
  assert.equal(asked(world, 'dev').length, 1, 'waiting costs nothing');
  world.linear.act.comment('ENG-1', '/answer In French.', 'ada');
  await story.until('ENG-1 is Done', () => isDone(world, 'ENG-1'));
  assertOnceEach(world, 'ENG-1');
  const [first, second] = asked(world, 'dev');
  assert.deepEqual(second?.messages.slice(0, first?.messages.length), first?.messages, 'the same session');
});

test('while every model is away nothing is lost, no round is used up, and then it goes on', room, async (t) => {
  let away = true;
  const script: Script = (request) => (away ? { error: { status: 529 } } : wellBehaved(request));
  const story = await startStory({ issues: [HELLO], script, settings: { limits: { crashRoundsMax: 1 } } });
  t.after(story.end);
  const { world } = story;
  await story.rest();
  assert.match(
    (await story.issue('ENG-1')).verdict.reason,
    /No model of the chain of dev answered: .* Tried again at /,
  );
  assert.ok(!isParked(world, 'ENG-1'));
  away = false;
  story.skip(3_600_000);
  await story.until('ENG-1 is Done', () => isDone(world, 'ENG-1'));
  assertOnceEach(world, 'ENG-1');
});
