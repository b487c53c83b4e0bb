/** A model refused a prompt because its context is too short for it: trying again does not help, a shorter prompt does. */
import { OutsideError } from './outside-error.ts';

export class ContextOverflow extends OutsideError {
  /** The context as the server itself named it; null when it did not. */
  readonly servedTokens: number | null;

  constructor(attempted: string, detail: string, servedTokens: number | null, options: { cause?: unknown } = {}) {
    super('invalid', attempted, detail, options);
    this.name = 'ContextOverflow';
    this.servedTokens = servedTokens;
  }
}
