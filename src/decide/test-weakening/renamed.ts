/** What the sources of a diff define no more because it stands there under another name: its tests have no leave to go. */
import type { ChangedText } from './changed-text.ts';
import { judgedFile } from './judged-as.ts';
import { masked } from './masked.ts';

/** By a word that defines, or as a method: a name with brackets behind it on a line that opens a block. */
const DEFINITION =
  /^([ \t]*)(?![ \t])(?:[^\n=({]*\b(?:function\*?|class|interface|type|enum|const|let|var|val|def|func|fun|fn|struct|trait|module|object|record|protocol)\s+(?:\([^)\n]*\)\s*)?(?:self\.)?|(?:[\w<>[\],.?]+[ \t]+)*(?=[A-Za-z_$][\w$]*[ \t]*\([^\n;]*\{[ \t]*$))([A-Za-z_$][\w$]*)/gm;
/** In so many bodies that they make no two alike. */
const COMMON =
  /^(return|const|let|var|val|if|else|for|of|in|new|number|string|boolean|void|public|private|static|final|async|await|def|self|func|fun|fn|this|int|int64|error|nil|null|None|true|false|end|err|throw|readonly|mut|pub|str|double|float|decimal|export)$/;
const COMPARED_MAX = 200;
const BODY_MAX = 4_000;
const ALIKE = 0.5;

export function renamed(sources: readonly ChangedText[], gone: ReadonlySet<string>): ReadonlySet<string> {
  const before = sources.flatMap(({ path, before }) => definitionsOf(path, before));
  const known = new Set(before.map(({ name }) => name));
  const born = sources
    .flatMap(({ path, after }) => definitionsOf(path, after))
    .filter(({ name }) => !known.has(name))
    .slice(0, COMPARED_MAX)
    .map(({ body }) => wordsOf(body));
  const lost = before.filter(({ name }) => gone.has(name)).slice(0, COMPARED_MAX);
  const livesOn = ({ body }: Definition): boolean => {
    const words = wordsOf(body);
    return born.some((other) => (share(words, other) + share(other, words)) / 2 >= ALIKE);
  };
  return new Set(lost.filter(livesOn).map(({ name }) => name));
}

interface Definition {
  readonly name: string;
  /** Up to the next definition that is not within this one. */
  readonly body: string;
}

function definitionsOf(path: string, text: string | null): readonly Definition[] {
  if (text === null) return [];
  const { bare } = masked(text, judgedFile(path)?.language ?? 'text');
  const found = [...bare.matchAll(DEFINITION)];
  return found.map((match, at) => {
    const [head = '', indent = '', name = ''] = match;
    const next = found.slice(at + 1, at + COMPARED_MAX).find(([, other = '']) => other.length <= indent.length);
    return { name, body: bare.slice(match.index + head.length, next?.index).slice(0, BODY_MAX) };
  });
}

function wordsOf(body: string): ReadonlySet<string> {
  return new Set((body.match(/[A-Za-z_$][\w$]*/g) ?? []).filter((word) => !COMMON.test(word)));
}

/** How much of the one the other holds; where nothing is said, nothing tells the two apart. */
function share(of: ReadonlySet<string>, within: ReadonlySet<string>): number {
  return of.size === 0 ? Number(within.size === 0) : of.intersection(within).size / of.size;
}
