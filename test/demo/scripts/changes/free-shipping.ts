/** ENG-3: right, tested, and with one line that only CI complains about. */
import { editFile, readFile } from '../../../world/models/agent-steps.ts';
import type { Change } from './change.ts';

const LONG_LINE =
  '  if (totalCents >= FREE_FROM_CENTS && FREE_COUNTRIES.includes(country)) return 0; // nothing to pay from here on, for these two countries only\n';

export const freeShipping: Change = {
  work: {
    look: [readFile('src/shipping.js'), readFile('test/shipping.test.js')],
    change: [
      editFile(
        'src/shipping.js',
        'const ELSEWHERE_CENTS = 1990;\n',
        "const ELSEWHERE_CENTS = 1990;\nconst FREE_FROM_CENTS = 5000;\nconst FREE_COUNTRIES = ['DE', 'AT'];\n",
      ),
      editFile('src/shipping.js', '_totalCents, country) {\n', `totalCents, country) {\n${LONG_LINE}`),
      editFile(
        'test/shipping.test.js',
        "  assert.equal(shippingCents(1000, 'NZ'), 1990);\n});\n",
        `  assert.equal(shippingCents(1000, 'NZ'), 1990);
});

test('shipping is free from 50 euros, to Germany and Austria', () => {
  assert.equal(shippingCents(4999, 'DE'), 490);
  assert.equal(shippingCents(5000, 'DE'), 0);
  assert.equal(shippingCents(5000, 'AT'), 0);
  assert.equal(shippingCents(5000, 'CH'), 1490);
});
`,
      ),
    ],
    title: 'Ship for free from 50 euros',
    summary: 'Germany and Austria only, as asked; the limit itself is free already.',
  },
  repairs: [],
};

/** What devops makes of the line when CI has named it. */
export const shorterShippingLine = {
  path: 'src/shipping.js',
  long: LONG_LINE,
  short: `  // Only where parcels are cheap enough for us to pay them.
  if (totalCents >= FREE_FROM_CENTS && FREE_COUNTRIES.includes(country)) return 0;
`,
};
