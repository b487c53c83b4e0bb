/** Knows the shapes of the credentials this program handles, so that one pasted into the wrong place is never printed. */

const SHAPES = [
  /\blin_(api|oauth)_\w{8,}/,
  /\bgh[pousr]_\w{16,}/,
  /\bgithub_pat_\w{16,}/,
  /\bsk-[\w-]{16,}/,
  /\bxox[abpr]-[\w-]{8,}/,
  /:\/\/[^/\s@]*:[^/\s@]+@/,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
];

export function looksLikeSecret(text: string): boolean {
  return SHAPES.some((shape) => shape.test(text));
}
