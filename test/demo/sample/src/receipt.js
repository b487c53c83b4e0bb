/** What a customer gets to read after buying. */
import { totalCents } from './cart.js';
import { formatCents } from './money.js';

/** The receipt of a cart: a line for each product, then the total. */
export function receipt(cart) {
  const lines = cart.lines.map(
    (line) => `${line.quantity} x ${line.name}: ${formatCents(line.priceCents * line.quantity)}`,
  );
  return [...lines, `Total: ${formatCents(totalCents(cart))}`].join('\n');
}
