import assert from 'node:assert/strict';
import test from 'node:test';
import { shippingCents } from '../src/shipping.js';

test('shipping depends on the country', () => {
  assert.equal(shippingCents(1000, 'DE'), 490);
  assert.equal(shippingCents(1000, 'CH'), 1490);
  assert.equal(shippingCents(1000, 'NZ'), 1990);
});
