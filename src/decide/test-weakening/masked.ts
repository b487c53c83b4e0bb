/** A source with its comments, and then its strings, painted over: same length, same lines, so that positions hold. */
import type { Language } from './judged-as.ts';

export interface Masked {
  /** As written. */
  readonly text: string;
  /** Without comments. */
  readonly said: string;
  /** Without comments and without what stands between quotes; the quotes remain. */
  readonly bare: string;
}

interface Piece {
  readonly kind: 'comment' | 'string';
  readonly end: number;
  /** Characters of quotes at each end that stay. */
  readonly quote: number;
}

export function masked(text: string, language: Language): Masked {
  let withoutComments = '';
  let withoutStrings = '';
  let from = 0;
  let at = 0;
  const keep = (to: number): void => {
    const plain = text.slice(from, to);
    withoutComments += plain;
    withoutStrings += plain;
  };
  while (at < text.length) {
    const piece = pieceAt(text, at, language);
    if (piece === null) {
      at += 1;
      continue;
    }
    keep(at);
    const whole = text.slice(at, piece.end);
    if (piece.kind === 'comment') {
      withoutComments += blank(whole);
      withoutStrings += blank(whole);
    } else {
      withoutComments += whole;
      const inside = whole.slice(piece.quote, Math.max(piece.quote, whole.length - piece.quote));
      withoutStrings += whole.slice(0, piece.quote) + blank(inside) + whole.slice(piece.quote + inside.length);
    }
    at = piece.end;
    from = at;
  }
  keep(text.length);
  return { text, said: withoutComments, bare: withoutStrings };
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, ' ');
}

/** Templates within templates that are followed. */
const NESTING_MAX = 30;

const HASH_COMMENTS: readonly Language[] = ['python', 'ruby', 'text'];

function pieceAt(text: string, at: number, language: Language): Piece | null {
  const one = text[at];
  const two = text.slice(at, at + 2);
  if (HASH_COMMENTS.includes(language) || (language === 'php' && one === '#' && two !== '#[')) {
    if (one === '#' && (at === 0 || /[\s;]/.test(text[at - 1] ?? '')))
      return { kind: 'comment', end: lineEnd(text, at), quote: 0 };
    if (language === 'ruby' && text.startsWith('=begin', at) && startsLine(text, at))
      return { kind: 'comment', end: after(text, '\n=end', at), quote: 0 };
  }
  const slashes = language !== 'python' && language !== 'ruby';
  if (slashes && two === '//' && (language !== 'text' || text[at - 1] !== ':'))
    return { kind: 'comment', end: lineEnd(text, at), quote: 0 };
  if (slashes && language !== 'text' && two === '/*')
    return { kind: 'comment', end: after(text, '*/', at + 2), quote: 0 };
  if (language === 'text' && text.startsWith('<!--', at))
    return { kind: 'comment', end: after(text, '-->', at), quote: 0 };
  if (one === '"' || one === "'" || one === '`') return stringAt(text, at, one, language);
  if (language === 'rust' && /^r#*"/.test(text.slice(at, at + 6)) && !/\w/.test(text[at - 1] ?? '')) {
    const hashes = /^r(#*)"/.exec(text.slice(at))?.[1] ?? '';
    return { kind: 'string', end: after(text, `"${hashes}`, at + hashes.length + 2), quote: hashes.length + 2 };
  }
  if (language === 'csharp' && two === '@"') return { kind: 'string', end: after(text, '"', at + 2), quote: 1 };
  if (one === '/' && (language === 'script' || language === 'ruby') && mayBePattern(text, at)) {
    const pattern = /^\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/.exec(text.slice(at, at + 500));
    if (pattern !== null) return { kind: 'string', end: at + pattern[0].length, quote: 1 };
  }
  return null;
}

function stringAt(text: string, at: number, quote: string, language: Language, depth = 0): Piece | null {
  const triple = quote.repeat(3);
  const triples =
    language === 'python' ? quote !== '`' : quote === '"' && ['java', 'csharp', 'swift'].includes(language);
  if (triples && text.startsWith(triple, at)) return { kind: 'string', end: after(text, triple, at + 3), quote: 3 };
  if (quote === '`') {
    if (language === 'script') return { kind: 'string', end: templateEnd(text, at + 1, depth), quote: 1 };
    if (language === 'go') return { kind: 'string', end: after(text, '`', at + 1), quote: 1 };
    return null;
  }
  // A lifetime, a label, an apostrophe in the text of a page.
  if (quote === "'" && (language === 'rust' || language === 'go' || language === 'java' || language === 'csharp')) {
    const character = /^'(\\[^']{1,9}|[^'\\\n])'/.exec(text.slice(at, at + 14));
    return character === null ? null : { kind: 'string', end: at + character[0].length, quote: 1 };
  }
  for (let to = at + 1; to < text.length; to++) {
    const here = text[to];
    if (here === '\\') to += 1;
    else if (here === quote) return { kind: 'string', end: to + 1, quote: 1 };
    else if (here === '\n' && language !== 'rust' && language !== 'ruby' && language !== 'php') return null;
  }
  return null;
}

/** Behind the closing backtick; expressions inside may hold strings and templates of their own. */
function templateEnd(text: string, from: number, nesting: number): number {
  if (nesting > NESTING_MAX) return text.length;
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '`') return at + 1;
    else if (text.startsWith('${', at)) {
      let depth = 1;
      at += 2;
      while (at < text.length && depth > 0) {
        const here = text[at] ?? '';
        const inner =
          here === '"' || here === "'" || here === '`' ? stringAt(text, at, here, 'script', nesting + 1) : null;
        if (inner !== null) at = inner.end - 1;
        else depth += here === '{' ? 1 : here === '}' ? -1 : 0;
        at += 1;
      }
      at -= 1;
    }
  }
  return text.length;
}

function mayBePattern(text: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - 40), at).trimEnd();
  return before === '' || /(?:[(,=:[!&|?{};+]|\breturn|=>|\bif|\bunless|\bwhen|\band|\bor|\bmatch)$/.test(before);
}

function startsLine(text: string, at: number): boolean {
  return at === 0 || text[at - 1] === '\n';
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}

function after(text: string, ending: string, from: number): number {
  const found = text.indexOf(ending, from);
  return found < 0 ? text.length : found + ending.length;
}
