/** Takes the secrets this process knows out of any text that leaves it: logs, comments, reports, whatever was quoted into them. */

const REDACTED = '[redacted]';

/** Shorter values would tear holes into ordinary words. */
const CHARACTERS_MIN = 6;

export function createRedactor(secrets: readonly string[]): (text: string) => string {
  const forms = [...new Set(secrets.filter((secret) => secret.length >= CHARACTERS_MIN).flatMap(formsOf))];
  if (forms.length === 0) return (text) => text;
  // Longest first: a secret that begins with another one must not leave its tail behind.
  const pattern = new RegExp(
    forms
      .sort((a, b) => b.length - a.length)
      .map((form) => form.replace(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`))
      .join('|'),
    'g',
  );
  return (text) => text.replace(pattern, REDACTED);
}

function formsOf(secret: string): readonly string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const url = encodeURIComponent(secret);
  const base64 = [0, 1, 2].map((shift) => base64Inside(secret, shift));
  return [secret, json, url, url.toLowerCase(), Buffer.from(secret).toString('hex'), ...base64, ...base64.map(urlSafe)];
}

/**
 * The characters a secret always turns into when `shift` bytes (modulo 3) stand before it: also found inside
 * `Basic base64("user:" + secret)`. The first and last ones, which mix with the neighbours, are left out.
 */
function base64Inside(secret: string, shift: number): string {
  const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(secret)]);
  const whole = bytes.toString('base64').replace(/=+$/, '');
  const tail = bytes.length % 3 === 0 ? 0 : 1;
  return whole.slice(Math.ceil((shift * 4) / 3), whole.length - tail);
}

function urlSafe(base64: string): string {
  return base64.replaceAll('+', '-').replaceAll('/', '_');
}
