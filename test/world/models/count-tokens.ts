/**
 * An approximate, deterministic token count: four characters to a token. Figures made from it compare runs with each
 * other; they are not a bill.
 */
export function countTokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN);
}

export const CHARACTERS_PER_TOKEN = 4;
