/**
 * `node play-in-copy.ts <list> [name...]`, inside a copy without the layers: plays these attempts, or all that the list is
 * made of, and writes what became of each.
 */
import { makeCanaries } from '../canaries.ts';
import { playWays } from '../external/fake-agents.ts';
import { fences } from '../hidden.ts';
import { playResults } from '../results.ts';
import { playWords } from '../words.ts';
import { byKey, type OutcomeByName, playAll } from './attempt.ts';
import { ATTEMPT_LISTS } from './attempt-lists.ts';

const [list = '', ...names] = process.argv.slice(2);
const outcomes = await played();
process.stdout.write(JSON.stringify(outcomes), () => process.exit(0));

async function played(): Promise<OutcomeByName> {
  switch (list) {
    case 'fences':
      return byKey(fences());
    case 'words':
      return byKey((await playWords(() => {})).judged);
    case 'results':
      return byKey(await playResults(makeCanaries(), { kind: 'bwrap' }, async () => []));
    case 'ways to the model': {
      const trial = { canaries: makeCanaries(), look: async () => {}, found: [], say: () => {} };
      return byKey(await playWays(trial));
    }
    default:
      return await playAll(ATTEMPT_LISTS[list]?.filter(({ name }) => names.includes(name)) ?? []);
  }
}
