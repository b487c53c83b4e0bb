/** A dev that goes on and on, a little differently each time: somebody has to stop it. */
import type { Script } from '../../world/models/conversation.ts';
import { callsOf } from '../../world/models/scripted-agent.ts';

/** With a second between two of them, far longer than any demo lasts; the cap of turns comes first. */
const SIZES_MAX = 500;

/** Every try is another size, so it looks like progress, which is what makes it worth stopping by hand. */
export const trySizes: Script = (request) => {
  const tried = callsOf(request, 'bash').length;
  if (tried >= SIZES_MAX) return { text: `No cart of up to ${SIZES_MAX * STEP} products was wrong.` };
  return { calls: [{ name: 'bash', input: { command: tryCommand((tried + 1) * STEP) } }] };
};

const STEP = 50;

function tryCommand(size: number): string {
  const program = [
    "import { addItem, emptyCart, totalCents } from './src/cart.js';",
    'let cart = emptyCart();',
    `for (let n = 0; n < ${size}; n++) cart = addItem(cart, { sku: String(n), name: 'x', priceCents: 1 });`,
    `console.log('${size} products:', totalCents(cart) === ${size} ? 'right' : 'WRONG');`,
  ].join(' ');
  return `sleep 1; node --input-type=module -e "${program}"`;
}
