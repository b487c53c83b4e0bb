/** Comments and attributes that tell a linter, a compiler or a coverage tool to look away: more of them than before. */
import type { Weakening } from '../../domain/pull-request.ts';
import type { ChangedText } from './changed-text.ts';
import { judgedFile } from './judged-as.ts';
import { masked } from './masked.ts';

const IN_COMMENTS: readonly (readonly [RegExp, string])[] = [
  [
    /\b(eslint-disable(-next-line|-line)?|biome-ignore(-all)?|oxlint-disable|tslint:disable|stylelint-disable|deno-lint-ignore|standard-disable|jshint ignore|rubocop:disable|pylint:\s*disable|noqa|nosec|NOSONAR|NOLINT|nolint|phpcs:(disable|ignore)|@phpstan-ignore|@psalm-suppress|swiftlint:disable|ktlint-disable|noinspection|checkstyle:off|CHECKSTYLE:OFF|ReSharper disable)\b/g,
    'the linter',
  ],
  [
    /@ts-(ignore|nocheck)\b|\btype:\s*ignore\b|\bpyright:\s*ignore|\bmypy:\s*(ignore-errors|disable)|\btyping?:\s*ignore\b|@noflow|\$FlowFixMe/g,
    'the type checker',
  ],
  [
    /\b(istanbul|c8|v8|node:coverage)\s+(ignore|disable)\b|\bpragma:\s*no\s*cover|:nocov:|\bcoverage:ignore|\bLCOV_EXCL|@codeCoverageIgnore|\bnocover\b|\bSimpleCov\b.*skip/g,
    'the coverage',
  ],
];
const IN_CODE: readonly (readonly [RegExp, string])[] = [
  [
    /@SuppressWarnings?\b|@Suppress\b|\[\s*(assembly:\s*)?SuppressMessage\b|#pragma\s+warning\s+disable|#!?\[\s*allow\s*\(\s*(?!dead_code|unused|clippy::too_many_arguments)/g,
    'the linter',
  ],
  [
    /\[\s*ExcludeFromCodeCoverage\b|#\[\s*(coverage\s*\(\s*off|no_coverage|cfg_attr\([^)]*no_coverage)|@Generated\b(?=[\s\S]{0,40}Coverage)/g,
    'the coverage',
  ],
];
/** In a test it asserts that the compiler objects; elsewhere it makes it hold its tongue. */
const EXPECTED_ERROR = /@ts-expect-error\b/g;

/** Counted over the whole diff, so that what moves between files is not new. */
export function silencers(files: readonly ChangedText[]): readonly Weakening[] {
  const counted = files.map((file) => ({
    path: file.path,
    before: countIn(file.path, file.before),
    after: countIn(file.path, file.after),
  }));
  const kinds = ['the linter', 'the type checker', 'the coverage'] as const;
  return kinds.flatMap((kind): readonly Weakening[] => {
    const total = (side: 'before' | 'after'): number =>
      counted.reduce((sum, one) => sum + (one[side].get(kind) ?? 0), 0);
    if (total('after') <= total('before')) return [];
    const grown = counted.find((one) => (one.after.get(kind) ?? 0) > (one.before.get(kind) ?? 0));
    return [{ kind: 'check-silenced', path: grown?.path ?? '', reason: `It tells ${kind} to look away.` }];
  });
}

function countIn(path: string, text: string | null): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const judged = judgedFile(path);
  if (
    text === null ||
    judged === null ||
    judged.part === 'snapshot' ||
    judged.part === 'data' ||
    judged.language === 'text'
  )
    return counts;
  const { said, bare } = masked(text, judged.language);
  const add = (kind: string, pattern: RegExp, hit: (at: number) => boolean): void => {
    const hits = [...text.matchAll(pattern)].filter(({ index }) => hit(index)).length;
    counts.set(kind, (counts.get(kind) ?? 0) + hits);
  };
  // In a comment where the text has a letter and the source without comments has none.
  const inComment = (at: number): boolean => said[at] === ' ' || said[at + 1] === ' ';
  for (const [pattern, kind] of IN_COMMENTS) add(kind, pattern, inComment);
  for (const [pattern, kind] of IN_CODE) add(kind, pattern, (at) => bare[at] === text[at]);
  if (judged.part === 'source') add('the type checker', EXPECTED_ERROR, inComment);
  return counts;
}
