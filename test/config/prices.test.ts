/** The price table: exact money, and no price for what it does not name. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { faultLine } from '../../src/config/fault-line.ts';
import { contextOf, priceOf, readPrices } from '../../src/config/prices.ts';
import { changed, PRICES } from './config-folder.ts';

test('the exact entry wins over the wildcard, and what neither names has no price', () => {
  const { value } = readPrices(
    `${PRICES}  local/big: { input: 1, cacheRead: 0.1, cacheWrite: 1, output: 2 }\n`,
    'prices.yaml',
  );
  assert(value !== null);
  assert.equal(priceOf(value, 'local/big')?.inputMicroUsdPerMillion, 1_000_000);
  assert.equal(priceOf(value, 'local/small/q4')?.outputMicroUsdPerMillion, 0);
  assert.equal(priceOf(value, 'other/unknown'), null);
});

test("a model's context is what the table says of it or of its provider, else what large services serve", () => {
  const written = PRICES.replace('output: 0 }', 'output: 0, context: 32768 }');
  const { value } = readPrices(written, 'prices.yaml');
  assert(value !== null);
  assert.equal(contextOf(value, 'local/small'), 32_768);
  assert.equal(contextOf(value, 'other/critic'), 200_000);
});

test('the shipped table can be read, and prices its models to the micro-dollar', async () => {
  const { value, faults } = readPrices(
    await readFile(new URL('../../config/prices.yaml', import.meta.url), 'utf8'),
    'prices.yaml',
  );
  assert.deepEqual(faults, []);
  assert(value !== null);
  assert.equal(priceOf(value, 'anthropic/claude-sonnet-5-5')?.outputMicroUsdPerMillion, 10_000_000);
  assert.equal(priceOf(value, 'local/anything/at-all')?.inputMicroUsdPerMillion, 0);
});

const cases = [
  {
    name: 'a price missing',
    from: ', output: 15',
    to: '',
    says: /prices\["other\/critic"\]\.output: expected a number; found nothing/,
  },
  { name: 'a negative price', from: 'input: 3', to: 'input: -3', says: /expected a number of at least 0; found -3/ },
  {
    name: 'a model without provider',
    from: 'other/critic',
    to: 'critic',
    says: /prices\.critic: expected provider\/model/,
  },
  {
    name: 'no such day',
    from: '2026-01-02',
    to: '2026-13-02',
    says: /asOf: expected a day as YYYY-MM-DD; found "2026-13-02"/,
  },
];

for (const { name, from, to, says } of cases) {
  test(`refused: ${name}`, () =>
    assert.match(
      readPrices(changed(PRICES, from, to), 'prices.yaml')
        .faults.map(faultLine)
        .join('\n'),
      says,
    ));
}
