import assert from 'node:assert/strict';
import test from 'node:test';
import { addItem, emptyCart, removeItem, totalCents } from '../src/cart.js';

const mug = { sku: 'mug', name: 'Enamel mug', priceCents: 1250 };
const tea = { sku: 'tea', name: 'Green tea', priceCents: 690 };

test('the same product twice is one line', () => {
  const cart = addItem(addItem(emptyCart(), mug), mug, 2);
  assert.deepEqual(cart.lines, [{ ...mug, quantity: 3 }]);
  assert.equal(totalCents(cart), 3750);
});

test('half a mug is refused', () => {
  assert.throws(() => addItem(emptyCart(), mug, 0.5), RangeError);
});

test('a product can be taken out again', () => {
  const cart = removeItem(addItem(addItem(emptyCart(), mug), tea), 'mug');
  assert.deepEqual(cart.lines, [{ ...tea, quantity: 1 }]);
});
