/** What the shop sells. A product is `{ sku, name, priceCents }`. */

const PRODUCTS = [
  { sku: 'mug', name: 'Enamel mug', priceCents: 1250 },
  { sku: 'tea', name: 'Green tea', priceCents: 690 },
  { sku: 'pot', name: 'Tea pot', priceCents: 3400 },
  { sku: 'tin', name: 'Storage tin', priceCents: 980 },
];

/** The product with this sku; null when the shop does not sell it. */
export function findProduct(sku) {
  return PRODUCTS.find((product) => product.sku === sku) ?? null;
}

/** The products whose name has all of these words, in any order. */
export function searchProducts(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return PRODUCTS.filter((product) => {
    const name = product.name.toLowerCase();
    return words.every((word) => name.includes(word));
  });
}

/** All products, as the catalog has them. */
export function listProducts() {
  return [...PRODUCTS];
}
