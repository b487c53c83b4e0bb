/** Keys and values of a settings file, whatever its syntax: JSON, YAML, TOML, INI, XML or a program that exports an object. */
import type { Language } from './judged-as.ts';
import { masked } from './masked.ts';
import { partsOf } from './test-case.ts';

export interface Entry {
  readonly key: string;
  /** The scalar as written without quotes; the opening bracket for anything larger. */
  readonly value: string;
  /** The scalars of a list. */
  readonly items: readonly string[] | null;
}

const ENTRY = /(["']?)([A-Za-z_@][\w@/.-]*)\1\s*(?::|=(?!=|>))[ \t]*(?=(\S))/g;
const ENTRIES_MAX = 5_000;

export function readSettings(text: string, language: Language): readonly Entry[] {
  const { said, bare } = masked(text, language);
  const entries: Entry[] = [];
  for (const match of said.matchAll(ENTRY)) {
    if (entries.length >= ENTRIES_MAX) break;
    // A key inside a string is no key, unless the whole key is quoted.
    const inString = bare[match.index + (match[1] === '' ? 0 : 1)] === ' ' && match[1] === '';
    if (inString) continue;
    const at = match.index + match[0].length;
    entries.push({ key: match[2] ?? '', ...valueAt(said, bare, at) });
  }
  for (const match of said.matchAll(/^([ \t]*)([\w.-]+):[ \t]*\n((?:\1[ \t]*- [^\n]*\n?)+)/gm)) {
    const items = (match[3] ?? '').split('\n').flatMap((line) => /^\s*- (.*)$/.exec(line)?.[1] ?? []);
    entries.push({ key: match[2] ?? '', value: '[', items: items.map(unquoted) });
  }
  // As INI writes lists: more than one word after the sign, or lines that are indented below it.
  for (const match of said.matchAll(
    /^([A-Za-z_][\w-]*)[ \t]*=[ \t]*([\w.*/\\-][^\n"'`{}[\]]*)?((?:\n[ \t]+[^\s"'`{}[\]=]+[ \t]*$)*)/gm,
  )) {
    const [, key = '', first = '', below = ''] = match;
    const items = `${first}${below}`.split(/\s+/).filter((item) => item !== '');
    if (language === 'text' && items.length > (below === '' ? 1 : 0)) entries.push({ key, value: '[', items });
  }
  for (const match of said.matchAll(/<([\w.]+)>\s*([^<>\s][^<>]*)<\/\1>/g)) {
    entries.push({ key: match[1] ?? '', value: (match[2] ?? '').trim(), items: null });
  }
  return entries;
}

function valueAt(said: string, bare: string, at: number): Omit<Entry, 'key'> {
  const one = bare[at] ?? '';
  if (one === '[') {
    const items = partsOf(bare, at).map(([from, to]) => unquoted(said.slice(from, to)));
    return { value: '[', items: items.filter((item) => item !== '') };
  }
  if (one === '{' || one === '(') return { value: '{', items: null };
  if (one === '"' || one === "'" || one === '`') {
    const end = bare.indexOf(one, at + 1);
    return { value: said.slice(at + 1, end < 0 ? at + 1 : end), items: null };
  }
  const word = /^[^\s,\]})#;]+/.exec(said.slice(at, at + 300))?.[0] ?? '';
  return { value: word, items: null };
}

function unquoted(text: string): string {
  return text
    .trim()
    .replace(/,$/, '')
    .replace(/^["'`]|["'`]$/g, '');
}
