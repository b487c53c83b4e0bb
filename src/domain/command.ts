/** What a person told the bot in a comment. Only allowlisted authors get this far. */
import type { Comment, EpochMs } from './issue.ts';

export type CommandVerb =
  | { readonly kind: 'stop' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'retry' }
  | { readonly kind: 'approve'; readonly sha: string }
  | { readonly kind: 'answer'; readonly text: string }
  /** On a pull request of a person's: merge exactly this head when the gate says yes. */
  | { readonly kind: 'merge'; readonly sha: string }
  /** No command at all: a person's words on a pull request of ours, which its agent answers. */
  | { readonly kind: 'remark'; readonly text: string };

export interface Command {
  readonly commentId: string;
  readonly on: Comment['on'];
  readonly by: string;
  readonly at: EpochMs;
  readonly verb: CommandVerb;
}

/** First line that is a command wins; anything else is just talk. A shortened sha needs at least 7 digits. */
export function parseCommand(body: string): CommandVerb | null {
  for (const line of body.split('\n')) {
    const match = /^\s*\/(stop|resume|retry|approve|merge|answer)\b[ \t]*(.*)$/i.exec(line);
    if (match === null) continue;
    const rest = (match[2] ?? '').trim();
    switch ((match[1] ?? '').toLowerCase()) {
      case 'stop':
        return { kind: 'stop' };
      case 'resume':
        return { kind: 'resume' };
      case 'retry':
        return { kind: 'retry' };
      case 'approve':
        return /^[0-9a-f]{7,40}$/i.test(rest) ? { kind: 'approve', sha: rest.toLowerCase() } : null;
      case 'merge':
        return /^[0-9a-f]{7,40}$/i.test(rest) ? { kind: 'merge', sha: rest.toLowerCase() } : null;
      case 'answer': {
        const text = body.slice(body.indexOf(line) + line.indexOf(match[1] ?? '') + (match[1] ?? '').length).trim();
        return text === '' ? null : { kind: 'answer', text };
      }
    }
  }
  return null;
}
