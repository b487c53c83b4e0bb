/** ENG-5 and ENG-6: two changes of one file, in different places, so that git can merge them. */
import { editFile, readFile, writeFile } from '../../../world/models/agent-steps.ts';
import type { Change } from './change.ts';

const PATH = 'src/catalog.js';

export const findAnySpelling: Change = {
  work: {
    look: [readFile(PATH), readFile('test/catalog.test.js')],
    change: [
      editFile(
        PATH,
        '  return PRODUCTS.find((product) => product.sku === sku) ?? null;\n',
        '  const wanted = sku.trim().toLowerCase();\n  return PRODUCTS.find((product) => product.sku === wanted) ?? null;\n',
      ),
      editFile(
        PATH,
        '/** The product with this sku; null',
        '/** The product with this sku, however it is written; null',
      ),
      writeFile(
        'test/find-product.test.js',
        `import assert from 'node:assert/strict';
import test from 'node:test';
import { findProduct } from '../src/catalog.js';

test('capitals and blanks around a sku do not matter', () => {
  assert.equal(findProduct(' MUG').name, 'Enamel mug');
  assert.equal(findProduct('Tea\\n').name, 'Green tea');
  assert.equal(findProduct(' '), null);
});
`,
      ),
    ],
    title: 'Find products however their sku is written',
    summary: 'Blanks around it and capitals are ignored.',
  },
  repairs: [],
};

export const listInOrder: Change = {
  work: {
    look: [readFile(PATH), readFile('test/catalog.test.js')],
    change: [
      editFile(
        PATH,
        `/** All products, as the catalog has them. */
export function listProducts() {
  return [...PRODUCTS];
}
`,
        `/** All products by 'name' or by 'price'; as the catalog has them when no order is named. */
export function listProducts(order) {
  switch (order) {
    case 'name':
      return PRODUCTS.toSorted((a, b) => a.name.localeCompare(b.name));
    case 'price':
      return PRODUCTS.toSorted((a, b) => a.priceCents - b.priceCents);
    case undefined:
      return [...PRODUCTS];
    default:
      throw new RangeError(\`not an order: \${order}\`);
  }
}
`,
      ),
      writeFile(
        'test/list-products.test.js',
        `import assert from 'node:assert/strict';
import test from 'node:test';
import { listProducts } from '../src/catalog.js';

const skus = (order) => listProducts(order).map((product) => product.sku);

test('products are listed in the order that was asked for', () => {
  assert.deepEqual(skus(), ['mug', 'tea', 'pot', 'tin']);
  assert.deepEqual(skus('name'), ['mug', 'tea', 'tin', 'pot']);
  assert.deepEqual(skus('price'), ['tea', 'tin', 'mug', 'pot']);
});

test('an order nobody knows is refused', () => {
  assert.throws(() => listProducts('colour'), RangeError);
});
`,
      ),
    ],
    title: 'List products in an order',
    summary: 'By name or by price; without a wish as before.',
  },
  repairs: [],
};
