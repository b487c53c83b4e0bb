/** Money arithmetic, as tables. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { costOf, promptTokensMax, worstCase } from '../../src/decide/budget.ts';
import type { Price, Usage } from '../../src/domain/transcript.ts';

const SONNET: Price = {
  inputMicroUsdPerMillion: 3_000_000,
  cacheReadMicroUsdPerMillion: 300_000,
  cacheWriteMicroUsdPerMillion: 3_750_000,
  outputMicroUsdPerMillion: 15_000_000,
};
const FREE: Price = {
  inputMicroUsdPerMillion: 0,
  cacheReadMicroUsdPerMillion: 0,
  cacheWriteMicroUsdPerMillion: 0,
  outputMicroUsdPerMillion: 0,
};

describe('the cost of what was used', () => {
  const cases: readonly [string, Price, Usage, number][] = [
    ['nothing', SONNET, { input: 0, cacheRead: 0, cacheWrite: 0, output: 0 }, 0],
    ['a million of each', SONNET, { input: 1e6, cacheRead: 1e6, cacheWrite: 1e6, output: 1e6 }, 22_050_000],
    ['less than a micro-dollar is rounded up', SONNET, { input: 0, cacheRead: 1, cacheWrite: 0, output: 0 }, 1],
    ['a model at home', FREE, { input: 1e6, cacheRead: 1e6, cacheWrite: 1e6, output: 1e6 }, 0],
  ];
  for (const [name, price, usage, expected] of cases) {
    test(name, () => assert.equal(costOf(price, usage), expected));
  }
});

test('the worst case takes the dearest way in and the whole answer', () => {
  assert.equal(worstCase(SONNET, 100_000, 8_000), 375_000 + 120_000);
});

test('what was counted is not guessed again', () => {
  const framing = promptTokensMax({ countedTokens: 0, uncountedBytes: 0 });
  assert.ok(framing > 0, 'what the provider adds around the words is never free');
  assert.equal(promptTokensMax({ countedTokens: 500, uncountedBytes: 40 }), 540 + framing);
});

test('no usage within the bounds costs more than its worst case, and all is whole', () => {
  const tokens = fc.integer({ min: 0, max: 400_000 });
  fc.assert(
    fc.property(tokens, tokens, tokens, tokens, (input, cacheRead, cacheWrite, output) => {
      const cost = costOf(SONNET, { input, cacheRead, cacheWrite, output });
      assert.ok(Number.isSafeInteger(cost));
      assert.ok(cost <= worstCase(SONNET, input + cacheRead + cacheWrite, output));
    }),
  );
});
