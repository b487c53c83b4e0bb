/** The devops agent of the demo: reads what CI said, looks for itself, and mends just that. */
import { editFile, finish, readFile, runTests, testsFailed } from '../../world/models/agent-steps.ts';
import type { Script } from '../../world/models/conversation.ts';
import { type Step, steps, together, when } from '../../world/models/scripted-agent.ts';
import { LINT_COMMAND, VERIFY_COMMAND } from '../sample-files.ts';
import { shorterShippingLine } from './changes/free-shipping.ts';
import { inRounds, movedTo } from './rounds.ts';
import { admit, commitAll, mergeIn } from './work-steps.ts';

export const devopsScript: Script = inRounds((asked, opening, request) => {
  if (asked !== 'checks-failed') throw new Error(`Nobody wrote down what devops does when asked for: ${asked}.`);
  const paths = longLinesIn(opening);
  const behind = movedTo(opening);
  return steps(
    ...(behind === null ? [] : [mergeIn(behind)]),
    together(...paths.map(readFile)),
    runTests(LINT_COMMAND),
    when((seen) => testsFailed(seen, LINT_COMMAND), together(...paths.map(shorten))),
    runTests(VERIFY_COMMAND),
    when((seen) => testsFailed(seen, LINT_COMMAND), admit(LINT_COMMAND)),
    when((seen) => testsFailed(seen, VERIFY_COMMAND), admit(VERIFY_COMMAND)),
    commitAll('Break a line that is too long for the linter'),
    finish({
      title: 'Break a line that is too long for the linter',
      summary: `CI lints as well as tests, and a line was too long in ${paths.join(', ')}.`,
    }),
  )(request);
});

/** The files in which CI's log names a line that is too long. */
function longLinesIn(opening: string): readonly string[] {
  const named = [...opening.matchAll(/^(\S+\.js):\d+: \d+ characters, at most \d+$/gm)].map(([, path = '']) => path);
  const paths = [...new Set(named)];
  if (paths.length === 0)
    throw new Error('The log of the checks names no line that is too long; devops knows no more.');
  return paths;
}

function shorten(path: string): Step {
  if (path !== shorterShippingLine.path) throw new Error(`Nobody wrote down how to shorten a line of ${path}.`);
  return editFile(path, shorterShippingLine.long, shorterShippingLine.short);
}
