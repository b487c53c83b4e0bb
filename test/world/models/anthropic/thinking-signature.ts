/** The seal on a thinking block; repeatable, so that a history written before a restart of this stand-in still holds. */
import { digest } from '../conversation.ts';

export function thinkingSignature(thinking: string): string {
  return Buffer.from(digest(`thinking ${thinking}`), 'hex').toString('base64');
}
