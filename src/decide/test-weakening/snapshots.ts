/** Recorded expectations: rewritten in bulk, without a cause in the diff, or dropped while their test stays. */
import type { Weakening } from '../../domain/pull-request.ts';
import type { ChangedText } from './changed-text.ts';
import { judgedFile } from './judged-as.ts';

/** More rewritten entries than a reader compares by eye. */
const REWRITTEN_MAX = 10;

interface Names {
  readonly before: ReadonlySet<string>;
  readonly after: ReadonlySet<string>;
}

export function rewrittenSnapshots(files: readonly ChangedText[], tests: Names): readonly Weakening[] {
  const cause = files.some(({ path }) => ['source', 'test', 'support'].includes(judgedFile(path)?.part ?? ''));
  return files
    .filter(({ path }) => judgedFile(path)?.part === 'snapshot')
    .flatMap(({ path, before, after }): readonly Weakening[] => {
      if (before === null) return [];
      const old = entriesOf(before);
      const young = entriesOf(after ?? '');
      const changed = [...old].filter(([name, text]) => young.has(name) && young.get(name) !== text);
      const dropped = [...old.keys()].filter((name) => !young.has(name));
      const kept =
        after === null && wentWithFile(path, files) ? [] : dropped.filter((name) => !wentWithTest(name, tests));
      const sign = (reason: string): Weakening => ({ kind: 'snapshots-rewritten', path, reason });
      return [
        ...(kept.length > 0 && !movedElsewhere(kept, files, path)
          ? [sign(`"${kept[0]}" is dropped, and no test with it.`)]
          : []),
        ...(changed.length > 0 && !cause ? [sign('It changes though no source and no test does.')] : []),
        ...(changed.length > REWRITTEN_MAX ? [sign(`${changed.length} entries are rewritten at once.`)] : []),
      ];
    });
}

/** Jest and Vitest write entries by name; any other recording is one entry. */
function entriesOf(text: string): ReadonlyMap<string, string> {
  const entries = new Map<string, string>();
  for (const match of text.matchAll(/^exports\[`((?:\\.|[^`\\])*)`\] = (`(?:\\.|[^`\\])*`|.*);$/gm))
    entries.set(match[1] ?? '', match[2] ?? '');
  if (entries.size === 0 && text.trim() !== '') entries.set('the recording', text);
  return entries;
}

/** `group test 1`: its test is in the diff before and no longer after. */
function wentWithTest(entry: string, { before, after }: Names): boolean {
  const name = entry.replace(/ \d+$/, '');
  return [...before].some((test) => name.startsWith(test)) && ![...after].some((test) => name.startsWith(test));
}

/** The file of tests it records is deleted in the same diff: that is another sign, or none. */
function wentWithFile(path: string, files: readonly ChangedText[]): boolean {
  const name = (path.split('/').at(-1) ?? '').replace(/\.(snap|ambr)$/, '');
  return files.some(
    (file) => file.after === null && file.path.split('/').at(-1)?.startsWith(name) === true && file.path !== path,
  );
}

function movedElsewhere(names: readonly string[], files: readonly ChangedText[], from: string): boolean {
  return names.every((name) =>
    files.some(({ path, after }) => path !== from && after?.includes(`exports[\`${name}\`]`) === true),
  );
}
