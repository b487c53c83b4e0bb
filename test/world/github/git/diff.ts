// What changed between two commits, file by file, and which lines of it a review comment may stand on.
import { runGit } from './run-git.ts';

/** One changed file as the API lists it. */
export interface ChangedFile {
  readonly path: string;
  readonly previousPath: string | null;
  readonly status: 'added' | 'removed' | 'modified' | 'renamed';
  readonly additions: number;
  readonly deletions: number;
  readonly blob: string | null;
  /** The hunks, without git's file header; null for a binary file. */
  readonly patch: string | null;
}

/** One `@@` part of a patch. */
export interface Hunk {
  readonly oldStart: number;
  readonly oldCount: number;
  readonly newStart: number;
  readonly newCount: number;
  readonly text: string;
}

/** Changed files between two trees or commits, in path order. */
export async function changedFiles(directory: string, from: string, to: string): Promise<ChangedFile[]> {
  const flags = ['--no-color', '--no-ext-diff', '--find-renames', '--full-index', '--src-prefix=a/', '--dst-prefix=b/'];
  const numbers = await runGit(directory, ['diff', '-z', '--numstat', ...flags, from, to, '--']);
  const counts = parseNumbers(numbers.stdout);
  if (counts.length === 0) return [];
  const patches = await runGit(directory, ['diff', '--patch', '--unified=3', ...flags, from, to, '--']);
  const texts = patches.stdout.split(/^(?=diff --git )/m).filter((text) => text.startsWith('diff --git '));
  // git lists files in the same order in both forms, so position pairs them and no quoted path needs to be parsed.
  return counts.map((count, index) => fileOf(count, texts[index] ?? ''));
}

/** The hunks of a patch. */
function hunksOf(patch: string): Hunk[] {
  return patch.split(/^(?=@@ )/m).flatMap((text) => {
    const head = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(text);
    if (head === null) return [];
    const number = (index: number, otherwise: number) => (head[index] === undefined ? otherwise : Number(head[index]));
    return [{ oldStart: number(1, 0), oldCount: number(2, 1), newStart: number(3, 0), newCount: number(4, 1), text }];
  });
}

/** The hunk that shows a line, if the diff shows it: new lines are on the RIGHT, old ones on the LEFT. */
export function hunkAtLine(patch: string, side: 'LEFT' | 'RIGHT', line: number): Hunk | null {
  const shows = (hunk: Hunk) =>
    side === 'RIGHT'
      ? line >= hunk.newStart && line < hunk.newStart + hunk.newCount
      : line >= hunk.oldStart && line < hunk.oldStart + hunk.oldCount;
  return hunksOf(patch).find(shows) ?? null;
}

/** Where a line of the older file is in the newer one; null when the line itself was changed or is gone. */
export async function followLine(
  directory: string,
  from: string,
  to: string,
  path: string,
  line: number,
): Promise<number | null> {
  const { stdout } = await runGit(directory, [
    'diff',
    '--no-color',
    '--no-ext-diff',
    '--unified=0',
    from,
    to,
    '--',
    path,
  ]);
  if (/^deleted file mode/m.test(stdout)) return null;
  let moved = 0;
  for (const hunk of hunksOf(stdout)) {
    if (hunk.oldCount > 0 && line >= hunk.oldStart && line < hunk.oldStart + hunk.oldCount) return null;
    const before = hunk.oldCount === 0 ? hunk.oldStart < line : hunk.oldStart + hunk.oldCount <= line;
    if (before) moved += hunk.newCount - hunk.oldCount;
  }
  return line + moved;
}

interface FileCount {
  readonly additions: number;
  readonly deletions: number;
  readonly path: string;
  readonly previousPath: string | null;
}

function parseNumbers(text: string): FileCount[] {
  const fields = text.split('\0');
  const counts: FileCount[] = [];
  for (let index = 0; index < fields.length; index += 1) {
    const parts = (fields[index] ?? '').split('\t');
    if (parts.length < 3) continue;
    const renamed = parts[2] === '';
    counts.push({
      additions: Number(parts[0]) || 0,
      deletions: Number(parts[1]) || 0,
      previousPath: renamed ? (fields[index + 1] ?? '') : null,
      path: renamed ? (fields[index + 2] ?? '') : parts.slice(2).join('\t'),
    });
    if (renamed) index += 2;
  }
  return counts;
}

function fileOf(count: FileCount, text: string): ChangedFile {
  const start = text.search(/^@@ /m);
  const header = start < 0 ? text : text.slice(0, start);
  const added = /^new file mode/m.test(header);
  const removed = /^deleted file mode/m.test(header);
  const blob = /^index [0-9a-f]+\.\.([0-9a-f]{40})/m.exec(header)?.[1] ?? null;
  return {
    ...count,
    status: added ? 'added' : removed ? 'removed' : count.previousPath !== null ? 'renamed' : 'modified',
    blob,
    patch: start < 0 ? null : text.slice(start).replace(/\n$/, ''),
  };
}
