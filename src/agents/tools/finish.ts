/** How both kinds of `finish` come out. A run ends by one that was accepted, or by an end that no agent can avert. */
import type { RunResult } from '../../domain/run.ts';
import type { RunEnd } from '../session-options.ts';

export type Finish =
  | { readonly kind: 'accepted'; readonly result: RunResult }
  /** Told to the agent, which goes on. */
  | { readonly kind: 'rejected'; readonly text: string }
  | { readonly kind: 'ended'; readonly end: RunEnd };

export function rejected(text: string): Extract<Finish, { readonly kind: 'rejected' }> {
  return { kind: 'rejected', text: `Error: not accepted: ${text}` };
}
