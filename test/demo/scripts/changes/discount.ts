/** ENG-1 makes a discount, and ENG-4, which waits for it, shows it on the receipt. */
import { editFile, readFile, writeFile } from '../../../world/models/agent-steps.ts';
import type { Change } from './change.ts';

const SOURCE = `/** What a discount takes off. */

/** How many whole cents a discount in percent takes off a total. */
export function discountCents(totalCents, percent) {
  if (!(percent >= 0 && percent <= 100)) throw new RangeError(\`not a percentage: \${percent}\`);
  return Math.floor((totalCents * percent) / 100);
}
`;

const TEST = `import assert from 'node:assert/strict';
import test from 'node:test';
import { discountCents } from '../src/discount.js';

test('a discount is whole cents, never more than was promised', () => {
  assert.equal(discountCents(2000, 10), 200);
  assert.equal(discountCents(999, 15), 149);
  assert.equal(discountCents(999, 0), 0);
  assert.equal(discountCents(999, 100), 999);
});

test('what is not a percentage is refused', () => {
  for (const percent of [-1, 101, Number.NaN]) assert.throws(() => discountCents(1000, percent), RangeError);
});
`;

export const discount: Change = {
  work: {
    look: [readFile('AGENTS.md'), readFile('src/cart.js'), readFile('test/cart.test.js')],
    change: [writeFile('src/discount.js', SOURCE), writeFile('test/discount.test.js', TEST)],
    title: 'Give a discount in percent',
    summary: 'discountCents() drops part cents and refuses what is not a percentage.',
  },
  repairs: [],
};

const TOTAL = `  return [...lines, \`Total: \${formatCents(totalCents(cart))}\`].join('\\n');
`;

const TOTAL_AFTER_DISCOUNT = `  const total = totalCents(cart);
  const discount = discountCents(total, discountPercent);
  const discountLines = discount === 0 ? [] : [\`Discount: \${formatCents(-discount)}\`];
  return [...lines, ...discountLines, \`Total: \${formatCents(total - discount)}\`].join('\\n');
`;

const RECEIPT_TEST = `
test('a discount is shown and taken off', () => {
  const text = receipt(addItem(emptyCart(), tea, 2), 10);
  assert.equal(text, '2 x Green tea: 13.80 €\\nDiscount: -1.38 €\\nTotal: 12.42 €');
});
`;

const LAST_TEST_LINE =
  "  assert.equal(receipt(addItem(emptyCart(), tea, 2)), '2 x Green tea: 13.80 €\\nTotal: 13.80 €');\n});\n";

export const discountOnReceipt: Change = {
  work: {
    look: [readFile('src/receipt.js'), readFile('src/discount.js'), readFile('test/receipt.test.js')],
    change: [
      editFile(
        'src/receipt.js',
        "import { totalCents } from './cart.js';\n",
        "import { totalCents } from './cart.js';\nimport { discountCents } from './discount.js';\n",
      ),
      editFile(
        'src/receipt.js',
        'export function receipt(cart) {',
        'export function receipt(cart, discountPercent = 0) {',
      ),
      editFile(
        'src/receipt.js',
        'a line for each product, then the total.',
        'a line for each product, the discount if there is one, then the total.',
      ),
      editFile('src/receipt.js', TOTAL, TOTAL_AFTER_DISCOUNT),
      editFile('test/receipt.test.js', LAST_TEST_LINE, `${LAST_TEST_LINE}${RECEIPT_TEST}`),
    ],
    title: 'Show the discount on the receipt',
    summary: 'The receipt takes the discount in percent; without one it reads as before.',
  },
  repairs: [],
};
