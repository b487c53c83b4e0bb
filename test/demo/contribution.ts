/** The pull request that a person wrote: it gets a review and is left to people. */

export const contribution = {
  author: 'grace',
  branch: 'grace/other-currencies',
  title: 'Format amounts in other currencies',
  body: 'We will sell in Switzerland soon. Euros stay what you get without asking.',
  commit: {
    message: 'Let formatCents take a currency',
    files: {
      'src/money.js': `/** How amounts of money read. */

/** An amount in euros, such as \`12.50 €\`. */
export function formatCents(cents, currency = '€') {
  const amount = (Math.abs(cents) / 100).toFixed(2);
  return \`\${cents < 0 ? '-' : ''}\${amount} \${currency}\`;
}
`,
      'test/money.test.js': `import assert from 'node:assert/strict';
import test from 'node:test';
import { formatCents } from '../src/money.js';

test('cents read as euros', () => {
  assert.equal(formatCents(1250), '12.50 €');
  assert.equal(formatCents(-5), '-0.05 €');
});

test('cents read as francs', () => {
  assert.equal(formatCents(1250, 'CHF'), '12.50 CHF');
});
`,
    },
  },
  /** The reviewer has a small remark on a line and nothing against it. */
  expected: { verdict: 'approve', merged: false },
} as const;
