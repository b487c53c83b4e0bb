// The shapes in which a secret can leave: as it is, in base64 at any offset, in hex, or percent-encoded.

export interface SecretForm {
  /** In words, for a person. */
  readonly form: string;
  readonly needle: string;
}

const secretBytesMin = 8;

/** Throws for a secret so short that finding it would prove nothing. */
export function formsOf(secret: string): readonly SecretForm[] {
  const bytes = Buffer.from(secret, 'utf8');
  if (bytes.length < secretBytesMin) {
    throw new Error(`a secret of ${bytes.length} bytes is too short to look for: give at least ${secretBytesMin}`);
  }
  const base64 = [0, 1, 2].map((offset) => base64At(bytes, offset));
  const hex = bytes.toString('hex');
  const forms: SecretForm[] = [
    { form: 'plain text', needle: secret },
    { form: 'plain text, backwards', needle: [...secret].reverse().join('') },
    ...base64.map((needle) => ({ form: 'base64', needle })),
    ...base64.map((needle) => ({ form: 'base64url', needle: needle.replaceAll('+', '-').replaceAll('/', '_') })),
    { form: 'hex', needle: hex },
    { form: 'hex', needle: hex.toUpperCase() },
    { form: 'percent-encoding', needle: encodeURIComponent(secret) },
    { form: 'percent-encoding', needle: hex.replace(/../g, (byte) => `%${byte}`) },
    { form: 'percent-encoding', needle: hex.toUpperCase().replace(/../g, (byte) => `%${byte}`) },
  ];
  // Some forms of some secrets are the same text: the first name is the plainest.
  return forms.filter((form, index) => forms.findIndex((one) => one.needle === form.needle) === index);
}

/** The part of the encoding that does not depend on what stands before or after it. */
function base64At(bytes: Buffer, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .replace(/=+$/, '');
  const from = offset === 0 ? 0 : offset + 1;
  const whole = Math.floor(((offset + bytes.length) * 8) / 6);
  return text.slice(from, whole);
}
