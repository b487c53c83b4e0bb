/** One line of `heartline check`, and what was read to judge it: a value, or why there is none. */
import type { TroubleKind } from '../../domain/outside-error.ts';

export interface CheckLine {
  /** What part of the world: config, machine, secrets, linear, github, models, reports. */
  readonly area: string;
  /** Which thing of it: a file, a team, a repository, a role. */
  readonly subject: string;
  /** `warn` is worth knowing and blocks nothing; `fail` keeps work from starting or from being merged. */
  readonly status: 'ok' | 'warn' | 'fail';
  readonly text: string;
  /** What to do; null when nothing is to be done. */
  readonly fix: string | null;
}

export type Look<T> =
  | { readonly known: true; readonly value: T }
  | { readonly known: false; readonly reason: string; readonly kind: TroubleKind | null };

/** The lines of one thing: the first two arguments stay the same all through its judgement. */
export interface LineMaker {
  readonly ok: (text: string) => CheckLine;
  readonly warn: (text: string, fix: string | null) => CheckLine;
  readonly fail: (text: string, fix: string) => CheckLine;
}

export function linesAbout(area: string, subject: string): LineMaker {
  return {
    ok: (text) => ({ area, subject, status: 'ok', text: sentence(text), fix: null }),
    warn: (text, fix) => ({ area, subject, status: 'warn', text: sentence(text), fix }),
    fail: (text, fix) => ({ area, subject, status: 'fail', text: sentence(text), fix }),
  };
}

/** What others said often lacks its full stop, and the fix follows on the same line. */
function sentence(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return /[.!?]$/.test(line) ? line : `${line}.`;
}

/** "A, B, C", or a word for none. */
export function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}
