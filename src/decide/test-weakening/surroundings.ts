/** What stands around a place in a source: conditions that may skip it, and handlers that forget what it throws. */
import type { Language } from './judged-as.ts';
import type { Masked } from './masked.ts';
import { closingOf, lineEnd, lineStart, skipSpace } from './test-case.ts';

export interface Surroundings {
  readonly guards: number;
  readonly swallowed: boolean;
}

/** Far enough for any test; a bound, so that a long file costs no square of its length. */
const LOOKED_BACK_MAX = 4_000;
const HANDLER_LINES_MAX = 400;
const TELLS =
  /\b(throw|raise|fail|Fail|FailNow|flunk|assert\w*|expect|reject|done|next|t\.\w+|Fatal\w*|panic|exit|abort)\b/;

export function swallowedAt(source: Masked, language: Language, at: number): Surroundings {
  return language === 'python' || language === 'ruby' ? byIndent(source, language, at) : byBraces(source, at);
}

function byBraces({ bare }: Masked, at: number): Surroundings {
  let guards = 0;
  let swallowed = false;
  let depth = 0;
  for (let from = at - 1; from >= 0 && from > at - LOOKED_BACK_MAX; from--) {
    const one = bare[from];
    if (one === '}' || one === ')') depth += 1;
    else if (one === '(') depth -= depth > 0 ? 1 : 0;
    else if (one === '{') {
      if (depth > 0) {
        depth -= 1;
        continue;
      }
      const header = headerBefore(bare, from);
      if (/^\s*(\}\s*)?(else\s+)?if\b|^\s*(\}\s*)?else\s*$|^\s*(switch|while)\b|^\s*case\b/.test(header)) guards += 1;
      else if (/\btry\s*$/.test(header) && forgets(bare, closingOf(bare, from))) swallowed = true;
      else if (/\brunCatching\s*$|\bsuppress\w*\s*\(/.test(header)) swallowed = true;
    }
  }
  return { guards, swallowed };
}

/** Whether a place lies in a function of its own within what begins at `from`. */
export function isNested(bare: string, from: number, at: number): boolean {
  let depth = 0;
  for (let to = at - 1; to > from && to > at - LOOKED_BACK_MAX; to--) {
    const one = bare[to];
    if (one === '}') depth += 1;
    else if (one === '{') {
      if (depth > 0) depth -= 1;
      else if (
        /=>\s*$|\bfunc(tion)?\b|^\s*(async\s+)?(?!if\b|for\b|while\b|switch\b|catch\b)\w+\s*\([^()]*\)\s*$/.test(
          headerBefore(bare, to),
        )
      )
        return true;
    }
  }
  return false;
}

/** The text that leads to an opening brace. */
function headerBefore(bare: string, brace: number): string {
  let depth = 0;
  for (let from = brace - 1; from >= 0 && from > brace - 1_000; from--) {
    const one = bare[from] ?? '';
    if (one === ')') depth += 1;
    else if (one === '(') depth -= 1;
    else if (
      depth <= 0 &&
      (one === ';' || one === '{' || one === '}' || (one === '\n' && bare.slice(from, brace).trim() !== ''))
    )
      return bare.slice(one === '}' ? from : from + 1, brace);
    if (depth < 0) return bare.slice(from + 1, brace);
  }
  return bare.slice(Math.max(0, brace - 200), brace);
}

/** Whether the handler behind a `try` block lets nobody know. A `finally` alone hides nothing. */
function forgets(bare: string, from: number): boolean {
  const at = skipSpace(bare, from);
  if (!/^catch\b/.test(bare.slice(at, at + 6))) return false;
  const open = bare.indexOf('{', at);
  return open >= 0 && !TELLS.test(bare.slice(open, closingOf(bare, open)));
}

function byIndent({ bare }: Masked, language: Language, at: number): Surroundings {
  let guards = 0;
  let swallowed = false;
  let start = lineStart(bare, at);
  let indent = indentOf(bare, start);
  for (let lines = 0; start > 0 && indent > 0 && lines < 400; lines++) {
    start = lineStart(bare, start - 1);
    const line = bare.slice(start, lineEnd(bare, start));
    const own = indentOf(bare, start);
    if (line.trim() === '' || own >= indent) continue;
    indent = own;
    const word = line.trim();
    if (/^(if|elif|else|while|unless|elsif|case|when)\b/.test(word)) guards += 1;
    if (/^(async )?with\b.*\bsuppress\s*\(/.test(word)) swallowed = true;
    if (/^(try\s*:|begin\b)/.test(word) && handlersForget(bare, start, own, language)) swallowed = true;
    if (/^(async )?def\b|\bdo\b(\s*\|.*\|)?\s*$/.test(word)) {
      if (language === 'ruby' && handlersForget(bare, start, own, language)) swallowed = true;
      if (language === 'python') break;
    }
  }
  return { guards, swallowed };
}

/** Whether a handler at the same depth catches what an assertion throws and tells nobody. */
function handlersForget(bare: string, start: number, indent: number, language: Language): boolean {
  let at = lineEnd(bare, start);
  for (let lines = 0; at < bare.length && lines < HANDLER_LINES_MAX; lines++) {
    const to = lineEnd(bare, at + 1);
    const line = bare.slice(at + 1, to);
    const own = line.length - line.trimStart().length;
    if (line.trim() !== '' && own <= indent) {
      const handler = language === 'python' ? /^except\b\s*(.*?)(?:\bas\b.*)?:/ : /^rescue\b(.*)/;
      const match = handler.exec(line.trim());
      if (match !== null) {
        const kinds = (match[1] ?? '').trim();
        const catches = kinds === '' || /Assert|\bException\b|BaseException|StandardError|Error\s*$|=>/.test(kinds);
        if (catches && !TELLS.test(handlerBody(bare, to, indent) + line.slice(line.indexOf(':') + 1))) return true;
      } else if (own < indent || !/^(else|finally|ensure|except|rescue)\b/.test(line.trim())) return false;
    }
    at = to;
  }
  return false;
}

function handlerBody(bare: string, from: number, indent: number): string {
  let at = from;
  while (at < bare.length) {
    const to = lineEnd(bare, at + 1);
    const line = bare.slice(at + 1, to);
    if (line.trim() !== '' && line.length - line.trimStart().length <= indent) break;
    at = to;
  }
  return bare.slice(from, at);
}

function indentOf(bare: string, start: number): number {
  let at = start;
  while (bare[at] === ' ' || bare[at] === '\t') at += 1;
  return at - start;
}
