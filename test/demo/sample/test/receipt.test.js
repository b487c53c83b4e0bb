import assert from 'node:assert/strict';
import test from 'node:test';
import { addItem, emptyCart } from '../src/cart.js';
import { receipt } from '../src/receipt.js';

const tea = { sku: 'tea', name: 'Green tea', priceCents: 690 };

test('a receipt has a line for each product and a total', () => {
  assert.equal(receipt(addItem(emptyCart(), tea, 2)), '2 x Green tea: 13.80 €\nTotal: 13.80 €');
});
