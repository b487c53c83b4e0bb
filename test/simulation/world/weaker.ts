/** A test that asks for less than before, told by one word in it. How the product sees that in real files is tested elsewhere. */
export function isWeaker(text: string | undefined): boolean {
  return text?.includes('weaker') === true;
}
