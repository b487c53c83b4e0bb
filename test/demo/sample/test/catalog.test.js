import assert from 'node:assert/strict';
import test from 'node:test';
import { findProduct, listProducts, searchProducts } from '../src/catalog.js';

test('a product is found by its sku', () => {
  assert.equal(findProduct('mug').name, 'Enamel mug');
  assert.equal(findProduct('car'), null);
});

test('a search takes words in any order', () => {
  assert.deepEqual(
    searchProducts('pot tea').map((product) => product.sku),
    ['pot'],
  );
  assert.equal(searchProducts('tea').length, 2);
});

test('the list can be changed without changing the catalog', () => {
  listProducts().pop();
  assert.equal(listProducts().length, 4);
});
