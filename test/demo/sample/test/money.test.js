import assert from 'node:assert/strict';
import test from 'node:test';
import { formatCents } from '../src/money.js';

test('cents read as euros', () => {
  assert.equal(formatCents(1250), '12.50 €');
  assert.equal(formatCents(-5), '-0.05 €');
});
