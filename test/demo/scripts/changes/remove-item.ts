/** ENG-2: the first patch cures what was reported, in a way the reviewer does not let pass. */
import { editFile, readFile } from '../../../world/models/agent-steps.ts';
import type { Change } from './change.ts';

const BROKEN = '  return { lines: cart.lines.toSpliced(index, 1) };\n';

/** Wrong: the customer's cart itself is changed. */
const FIRST_PATCH = `  if (index !== -1) cart.lines.splice(index, 1);
  return cart;
`;

const LAST_TEST_LINE = '  assert.deepEqual(cart.lines, [{ ...tea, quantity: 1 }]);\n});\n';

/** Wrong: true with the bug as well. */
const FIRST_ASSERTION = "  assert.ok(removeItem(cart, 'pot'));\n";

const FIRST_TEST = `
test('taking out what is not in the cart leaves it as it was', () => {
  const cart = addItem(addItem(emptyCart(), mug), tea);
${FIRST_ASSERTION}});
`;

export const removeItem: Change = {
  work: {
    look: [readFile('src/cart.js'), readFile('test/cart.test.js')],
    change: [
      editFile('src/cart.js', BROKEN, FIRST_PATCH),
      editFile('test/cart.test.js', LAST_TEST_LINE, `${LAST_TEST_LINE}${FIRST_TEST}`),
    ],
    title: 'Leave the cart alone when there is nothing to remove',
    summary: 'An index of -1 took the last line out. Now nothing happens then.',
  },
  repairs: [
    {
      path: 'src/cart.js',
      wrong: /new cart/,
      title: 'Give a new cart instead of changing the one that was given',
      step: editFile(
        'src/cart.js',
        FIRST_PATCH,
        '  return index === -1 ? cart : { lines: cart.lines.toSpliced(index, 1) };\n',
      ),
    },
    {
      path: 'test/cart.test.js',
      wrong: /would pass/,
      title: 'Compare the lines of the cart',
      step: editFile(
        'test/cart.test.js',
        FIRST_ASSERTION,
        "  assert.deepEqual(removeItem(cart, 'pot').lines, cart.lines);\n  assert.equal(cart.lines.length, 2);\n",
      ),
    },
  ],
};
