/**
 * Turns what git said into a kind of trouble. Git has no error codes for the wire, so this is the only file that reads
 * its sentences (they are fixed by LC_ALL=C); everybody else looks at the kind.
 */

import { OutsideError, type TroubleKind } from '../domain/outside-error.ts';

const SENTENCES: readonly (readonly [RegExp, TroubleKind])[] = [
  [/returned error: 429|rate limit/i, 'limited'],
  [
    /Authentication failed|could not read (Username|Password)|returned error: 40[13]|Permission to .* denied/,
    'unauthorised',
  ],
  [
    /returned error: 404|repository .* not found|does not appear to be a git repository|couldn't find remote ref/i,
    'missing',
  ],
  [/unable to update url base from redirection|returned error: 30\d|transport '.*' not allowed/i, 'invalid'],
];

/** A remote operation that failed: what is not recognised counts as unreachable, so that nothing is decided on it. */
export function remoteTrouble(attempted: string, stderr: string): OutsideError {
  const kind = SENTENCES.find(([sentence]) => sentence.test(stderr))?.[1] ?? 'unreachable';
  return new OutsideError(kind, attempted, lastWords(stderr));
}

/** A local operation that failed on something we or an agent handed in. */
export function localTrouble(attempted: string, stderr: string): OutsideError {
  return new OutsideError(isMissingObject(stderr) ? 'missing' : 'invalid', attempted, lastWords(stderr));
}

export function isMissingObject(stderr: string): boolean {
  return /Not a valid (commit|object) name|bad (object|revision)|unknown revision|not a tree object|could not get object info/i.test(
    stderr,
  );
}

/** A refused ref update means "it moved" when the server's own compare-and-swap lost, and "not allowed" otherwise. */
export function rejectionTrouble(attempted: string, summary: string): OutsideError {
  const moved =
    /stale info|fetch first|non-fast-forward|cannot lock ref|failed to update ref|incorrect old value|reference already exists/i;
  if (moved.test(summary)) return new OutsideError('conflict', attempted, `the branch moved meanwhile (${summary})`);
  // The server could not store what we sent: its trouble, not its rule.
  return new OutsideError(/unpacker error/i.test(summary) ? 'unreachable' : 'refused', attempted, summary);
}

function lastWords(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('hint:'));
  return lines.slice(-3).join('; ').slice(0, 500) || 'git failed without a word';
}
