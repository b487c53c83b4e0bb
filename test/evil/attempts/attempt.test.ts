/** What a proof is worth: lines that could not fail are red, and no change of the sources goes stale in silence. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { NO_ENDPOINT } from '../external/ways-to-the-model.ts';
import { NO_CARE_FOR_WORDS, NO_FENCE } from '../hidden.ts';
import { EVERY_REF, NO_CARE_FOR_RESULTS } from '../published.ts';
import { STRANGERS_ARE_HEARD } from '../words.ts';
import { judgedLines, lineOf } from './attempt.ts';
import { ATTEMPT_LISTS } from './attempt-lists.ts';
import { type Change, inWeakenedCopy } from './weakened-copy.ts';

const ROOT = join(import.meta.dirname, '../../..');
const tried = { group: 'evil reviewer', name: 'yes and no', stoppedBy: ['verdict'] } as const;
const stopped = { succeeded: false, evidence: 'parked' };
const won = { succeeded: true, evidence: 'it was merged' };

test('a line is held only when it was stopped, and succeeds without its layers', () => {
  assert.deepEqual(lineOf(tried, stopped, won), {
    ...tried,
    detail: 'parked',
    verdict: 'held',
    without: 'it was merged',
  });
  assert.equal(lineOf(tried, won, won).verdict, 'red');
  assert.equal(lineOf(tried, undefined, won).verdict, 'red');
  assert.equal(lineOf(tried, { ...stopped, brokeOff: true }, won).verdict, 'red');
});

test('a line that fails without its layers too could not fail, and is red', () => {
  const line = lineOf(tried, stopped, stopped);
  assert.equal(line.verdict, 'red');
  assert.match(line.detail, /COULD NOT FAIL/);
  assert.equal(lineOf(tried, stopped, undefined).verdict, 'red');
});

test('what cannot be proved is told with its reason, and what was never tried is red', () => {
  const judged = { ...tried, outcome: stopped };
  const verdicts = judgedLines(
    [judged, { ...judged, notProvable: 'no such tool' }, { ...judged, untried: 'nothing came of it' }],
    (key) => (key === 'evil reviewer: yes and no' ? won : undefined),
  ).map(({ verdict, detail }) => `${verdict}: ${detail}`);
  assert.deepEqual(verdicts, ['held: parked', 'not provable: no such tool', 'red: nothing came of it']);
});

test('every change that takes a layer away finds its one place in the sources', () => {
  const attempts = Object.values(ATTEMPT_LISTS).flat();
  assert.ok(attempts.every(({ without }) => without.length > 0));
  const changes: readonly Change[] = [
    ...attempts.flatMap(({ without }) => without),
    ...[NO_FENCE, NO_CARE_FOR_WORDS, STRANGERS_ARE_HEARD, NO_CARE_FOR_RESULTS, EVERY_REF, NO_ENDPOINT].flat(),
  ];
  for (const { file, from } of changes)
    assert.equal(readFileSync(join(ROOT, file), 'utf8').split(from).length - 1, 1, `${file}: ${from}`);
});

test('a change without a place is told', async () => {
  const change = { file: 'src/log.ts', from: 'stands nowhere in there', to: '' };
  await assert.rejects(inWeakenedCopy([change], ['fences']), /stands 0 times in src\/log\.ts, not once/);
});
