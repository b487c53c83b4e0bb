/**
 * The audit agent of the demo: takes each sentence of the issue for a criterion, runs the tests in its own copy, and names
 * the tests and lines of the change that show it. Where the tests are red, nothing is shown.
 */
import { finish, readFile, runTests, testsPassed } from '../../world/models/agent-steps.ts';
import type { Script, ScriptedRequest } from '../../world/models/conversation.ts';
import { byRound, steps, together, userTexts } from '../../world/models/scripted-agent.ts';
import { VERIFY_COMMAND } from '../sample-files.ts';
import { changeIn, type ReadDiff } from './read-diff.ts';

export const auditScript: Script = byRound(
  /^The change, from [0-9a-f]+ to [0-9a-f]+, which is checked out:$/m,
  (request) => {
    const opening = userTexts(request)[0] ?? '';
    const change = changeIn(opening);
    const criteria = criteriaIn(opening);
    return steps(
      together(...change.paths.map(readFile)),
      runTests(VERIFY_COMMAND),
      finish((seen) => audit(criteria, change, seen)),
    )(request);
  },
);

function criteriaIn(opening: string): readonly string[] {
  const description = /<untrusted from="issue [^"]+">\n.*\n\n([\s\S]*?)\n<\/untrusted>/.exec(opening)?.[1] ?? '';
  const sentences = description.split(/(?<=[.?!])\s+/).filter((sentence) => sentence.trim() !== '');
  if (sentences.length === 0) throw new Error('The message of an audit holds no issue to hold the change against.');
  return sentences;
}

function audit(criteria: readonly string[], change: ReadDiff, seen: ScriptedRequest): object {
  const met = testsPassed(seen, VERIFY_COMMAND);
  const evidence = met ? `${VERIFY_COMMAND} passed; ${shownBy(change)}` : `${VERIFY_COMMAND} failed`;
  return {
    decision: met ? 'pass' : 'fail',
    criteria: criteria.map((criterion) => ({ criterion, met, evidence })),
    summary: met ? 'Every sentence of the issue is met.' : 'The tests are red, so nothing is shown.',
  };
}

/** The tests that the change adds, else its first line. */
function shownBy({ added, paths }: ReadDiff): string {
  const tests = added.flatMap(({ path, line, text }) => {
    const name = /^test\('(.+)', /.exec(text)?.[1];
    return name === undefined ? [] : [`${path}:${line} "${name}"`];
  });
  const [first] = added;
  if (tests.length > 0) return tests.join(', ');
  return first === undefined ? paths.join(', ') : `${first.path}:${first.line}`;
}
