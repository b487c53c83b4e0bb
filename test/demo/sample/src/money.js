/** How amounts of money read. */

/** An amount in euros, such as `12.50 €`. */
export function formatCents(cents) {
  const amount = (Math.abs(cents) / 100).toFixed(2);
  return `${cents < 0 ? '-' : ''}${amount} €`;
}
