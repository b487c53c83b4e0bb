/** What the sources of a diff had and have no more: a test of something that is gone may go with it. */
import type { ChangedText } from './changed-text.ts';
import { judgedFile } from './judged-as.ts';
import { masked } from './masked.ts';
import type { ReadFile } from './read-tests.ts';
import { renamed } from './renamed.ts';

const NAME_MIN = 4;

/** A name is gone when a source that lost lines had it, no source of the diff has it now, and nothing new does its work. */
export function goneFrom(files: readonly ChangedText[]): ReadonlySet<string> {
  const sources = files.filter(({ path }) => judgedFile(path)?.part === 'source');
  const now = new Set(sources.flatMap(({ path, after }) => wordsOf(path, after)));
  const had = sources
    .filter(({ before, after }) => linesOf(after) < linesOf(before))
    .flatMap(({ path, before }) => wordsOf(path, before));
  const gone = new Set(had.filter((word) => word.length >= NAME_MIN && !now.has(word)));
  return gone.difference(renamed(sources, gone));
}

/** Rust keeps tests in its sources: without them, so that no test excuses its own end. */
export function strippedOfTests(
  file: ChangedText,
  before: readonly ReadFile[],
  after: readonly ReadFile[],
): ChangedText {
  if (!file.path.endsWith('.rs')) return file;
  return { path: file.path, before: stripped(file, before, file.before), after: stripped(file, after, file.after) };
}

function stripped({ path }: ChangedText, files: readonly ReadFile[], text: string | null): string | null {
  if (text === null) return null;
  const read = files.find((one) => one.path === path);
  const at = read?.source.bare.search(/#\[\s*cfg\s*\([^\]]*\btest\b/) ?? -1;
  const upToTests = at < 0 ? text : text.slice(0, at);
  return (read?.tests ?? []).reduce((left, test) => left.replace(test.text, ''), upToTests);
}

function wordsOf(path: string, text: string | null): readonly string[] {
  const language = judgedFile(path)?.language ?? 'text';
  if (text === null) return [];
  const { said, bare } = masked(text, language);
  const names = bare.match(/[A-Za-z_$][\w$]*/g) ?? [];
  const routes = [...said.matchAll(/["'`](\/[\w/:.{}-]{3,}|--[\w-]{3,})["'`]/g)].map((match) => match[1] ?? '');
  return [...names, ...routes];
}

function linesOf(text: string | null): number {
  return text === null ? 0 : text.split('\n').filter((line) => line.trim() !== '').length;
}
