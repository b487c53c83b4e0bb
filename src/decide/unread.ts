/**
 * What people are told when Linear or a repository cannot be read, and when it can be again: once for each spell. What was told
 * is known from the reports' own keys, each with the moment the spell began, so a restart in the middle of one (a new "since",
 * for that lives in memory only) is silent, and one that ended meanwhile is told to have ended.
 */
import type { Report } from '../domain/action.ts';
import type { EpochMs } from '../domain/issue.ts';
import type { TroubleKind } from '../domain/outside-error.ts';
import type { Known, Snapshot } from '../domain/snapshot.ts';

/** Most troubles of a service or of the way there are over by then. */
const PASSING_MS = 15 * 60_000;
/** These do not pass: a person has to do something, so it is told at once, whatever was told of this spell before. */
const FOR_A_PERSON: readonly TroubleKind[] = ['unauthorised', 'missing'];

type Unknown = Extract<Known<unknown>, { readonly known: false }>;

export function unreadReports({ now, board, repositories, reported }: Snapshot): readonly Report[] {
  const keys = [...reported].filter((key) => key.startsWith('unread:') || key.startsWith('readable:'));
  return [['Linear', board] as const, ...repositories].flatMap(([what, read]): readonly Report[] => {
    const ended = Math.max(-1, ...momentsOf(`readable:${what}:`, keys));
    const passing = momentsOf(`unread:${what}:passing:`, keys).filter((since) => since > ended);
    const lasting = momentsOf(`unread:${what}:lasting:`, keys).filter((since) => since > ended);
    if (read.known) {
      const told = Math.max(...passing, ...lasting);
      if (!Number.isFinite(told)) return [];
      // The event of what it ends, so that whoever hears of the one hears of the other.
      return [report(`readable:${what}:${told}`, `${what} can be read again: work there goes on.`)];
    }
    const forAPerson = FOR_A_PERSON.includes(read.kind);
    if (lasting.length > 0 || (!forAPerson && (passing.length > 0 || now - read.since < PASSING_MS))) return [];
    const since = new Date(read.since).toISOString().slice(0, 16).replace('T', ' ');
    const text = `${what} cannot be read since ${since} UTC, so nothing moves on there. ${read.reason.replace(/\.$/, '')}. ${nextStep(what, read)}`;
    return [report(`unread:${what}:${forAPerson ? 'lasting' : 'passing'}:${read.since}`, text)];
  });
}

function momentsOf(prefix: string, keys: readonly string[]): readonly EpochMs[] {
  return keys.filter((key) => key.startsWith(prefix)).map((key) => Number(key.slice(prefix.length)));
}

function nextStep(what: string, { kind }: Unknown): string {
  switch (kind) {
    case 'unauthorised':
      return what === 'Linear'
        ? 'Make a new key in Linear under Settings > Security & access > Personal API keys, and restart Heartline with it.'
        : `See that the token is valid and allowed for ${what}; restart Heartline with a new one if it is not.`;
    case 'missing':
      return what === 'Linear'
        ? 'See that the key may see the configured teams, and that linear.apiUrl is right.'
        : `See that ${what} is spelt right and that the token may see it: GitHub says "not found" to both.`;
    case 'limited':
      return 'It is read again when the wait is over; if this goes on, see what else uses the same account.';
    case 'unreachable':
      return 'It is tried at every beat; `heartline check` tells whether it can be reached from here.';
    case 'conflict':
    case 'refused':
    case 'invalid':
      return 'It is tried at every beat; `heartline check` may tell what has to be changed.';
  }
}

function report(key: string, text: string): Report {
  return { kind: 'report', key, event: 'trouble', text, subject: null, reason: text };
}
