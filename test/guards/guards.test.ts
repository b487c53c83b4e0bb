/** The counts the guard rails are held to: no protected change merges by itself, weakened tests are seen, honest work passes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PROJECT } from '../decide/tamper/corpus.ts';
import { pathFigures, tamperFigures } from './figures.ts';

test('no diff of a protected path merges without a person, and honest ones do', async () => {
  const { guarded, merged, honest, held } = await pathFigures();
  assert.ok(guarded >= 300, `${guarded} diffs`);
  assert.ok(honest >= 8, `${honest} honest diffs`);
  assert.deepEqual([merged, held], [[], []]);
});

for (const which of ['all', 'held-out'] as const) {
  test(`diffs that weaken tests are flagged, honest ones are not: ${which}`, () => {
    const { tamper, missed, honest, flagged } = tamperFigures(which);
    assert.ok(
      which === 'held-out' || (tamper >= 100 && honest >= 200),
      `${tamper} tamper diffs, ${honest} honest ones`,
    );
    assert.ok(missed.length <= tamper * 0.05, `missed: ${missed.join('; ')}`);
    assert.ok(flagged.length <= honest * 0.02, `flagged: ${flagged.join('; ')}`);
  });
}

test('the sample project speaks ten languages and has the settings of their runners', () => {
  const endings = new Set([...PROJECT.keys()].map((path) => path.slice(path.lastIndexOf('.') + 1)));
  for (const ending of [
    'ts',
    'js',
    'jsx',
    'py',
    'go',
    'rs',
    'java',
    'kt',
    'rb',
    'cs',
    'toml',
    'yml',
    'json',
    'sh',
    'snap',
  ])
    assert.ok(endings.has(ending), ending);
});
