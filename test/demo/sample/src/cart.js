/** What a customer is about to buy: `{ lines: [{ sku, name, priceCents, quantity }] }`. */

/** A cart with nothing in it. */
export function emptyCart() {
  return { lines: [] };
}

/** The cart with so many more of a product. */
export function addItem(cart, product, quantity = 1) {
  if (!Number.isInteger(quantity) || quantity < 1) throw new RangeError(`not a quantity: ${quantity}`);
  const known = cart.lines.some((line) => line.sku === product.sku);
  if (!known) return { lines: [...cart.lines, { ...product, quantity }] };
  return {
    lines: cart.lines.map((line) =>
      line.sku === product.sku ? { ...line, quantity: line.quantity + quantity } : line,
    ),
  };
}

/** The cart without a product. */
export function removeItem(cart, sku) {
  const index = cart.lines.findIndex((line) => line.sku === sku);
  return { lines: cart.lines.toSpliced(index, 1) };
}

/** What everything in the cart costs together. */
export function totalCents(cart) {
  return cart.lines.reduce((sum, line) => sum + line.priceCents * line.quantity, 0);
}
