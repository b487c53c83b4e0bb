/** What lies between a base and a head, as facts for the gate and as text for a reader. */

import { createHash } from 'node:crypto';
import type { ChangedText } from '../decide/test-weakening/changed-text.ts';
import { judgedAs } from '../decide/test-weakening/judged-as.ts';
import { testWeakening } from '../decide/test-weakening/test-weakening.ts';
import type { DiffFacts, FileChange, Weakening } from '../domain/pull-request.ts';
import { localTrouble } from './git-trouble.ts';
import type { MirrorGit } from './mirror.ts';
import { readBlobs } from './read-blobs.ts';
import { aliasesOf, treeLinks } from './tree-links.ts';

/** Bound of the list of changed files; the contents themselves are not read into memory. */
export const LISTING_BYTES_MAX = 32 * 1024 * 1024;

/** Changes beyond this are not told one by one, which only a person may wave through. */
const CHANGES_MAX = 1_000;
const SIGNS_MAX = 50;
/** Changed lines beyond which no text is read: nobody merges that without looking. */
const JUDGED_LINES_MAX = 20_000;

/** Texts that are looked at for weakened tests. */
const TEXT_BOUNDS = { blobBytesMax: 256 * 1024, totalBytesMax: 4 * 1024 * 1024 } as const;

const NO_FILE = '000000';
/** What git takes for no text is shown to nobody: only where eyes are for it, and no runner or compiler, is that no loss. */
const SEEN_ELSEWHERE =
  /\.(png|jpe?g|gif|webp|avif|bmp|ico|icns|tiff?|heic|psd|woff2?|ttf|otf|eot|mp[34]|m4[av]|ogg|wav|flac|webm|mov|pdf)$/i;
const STATUSES: Readonly<Record<string, FileChange['status']>> = {
  A: 'added',
  D: 'deleted',
  M: 'modified',
  T: 'type-changed',
};

/** How git is asked for changed files, wherever a digest is made of its answer. */
export const CHANGED_FILES = [
  '-r',
  '-z',
  '--no-abbrev',
  '--no-renames',
  '--no-ext-diff',
  '--no-textconv',
  '--ignore-submodules=none',
] as const;

interface RawChange extends Omit<FileChange, 'aliases'> {
  readonly blobBefore: string;
  readonly blobAfter: string;
}

/**
 * The change from where base and head part. The digest covers modes, paths and full blob ids before and after of
 * every changed file. Those name both sides' contents exactly, so the patch text would add nothing but a dependence on
 * git's version, and a base that moved in other files leaves the digest as it was. A rename counts as both its paths.
 */
export async function diffFacts(
  mirror: MirrorGit,
  { base, head, from }: { readonly base: string; readonly head: string; readonly from: string },
): Promise<DiffFacts> {
  const attempted = `diff ${base}..${head} of ${mirror.repository}`;
  const listed = await mirror.local(['diff-tree', ...CHANGED_FILES, '--raw', '--numstat', from, head, '--'], {
    attempted,
    outputBytesMax: LISTING_BYTES_MAX,
  });
  if (listed.exitCode !== 0 && !listed.truncated) throw localTrouble(attempted, listed.stderr);

  // Bytes, not text: a name that is no UTF-8 must not become equal to another one. Latin-1 maps byte for byte.
  const fields = listed.stdout.toString('latin1').split('\0');
  // Its end was not read, or is half a name: an error would be met at each look again, and no person would hear of it.
  if (listed.truncated) fields.pop();
  const digest = createHash('sha256');
  const raw: RawChange[] = [];
  const noText: string[] = [];
  let additions = listed.truncated ? Number.POSITIVE_INFINITY : 0;
  let deletions = 0;
  for (let index = 0; index < fields.length; index++) {
    const field = fields[index] ?? '';
    if (field.startsWith(':')) {
      const path = fields[++index] ?? '';
      digest.update(`${field}\0${path}\0`, 'latin1');
      raw.push(rawChange(field, Buffer.from(path, 'latin1').toString('utf8')));
    } else if (field !== '') {
      // "-" where there is a NUL byte: no lines are counted, and the reviewer is shown none.
      const [added = '', deleted = '', ...path] = field.split('\t');
      if (added === '-') noText.push(Buffer.from(path.join('\t'), 'latin1').toString('utf8'));
      additions += Number(added) || 0;
      deletions += Number(deleted) || 0;
    }
  }
  // What is beyond the cut has no place in the digest, so the commits themselves stand in for it.
  if (listed.truncated) digest.update(`${from} ${head}`, 'latin1');
  const gone = new Set(raw.filter(({ status }) => status === 'deleted').map(({ path }) => path));
  const unjudged = [
    ...(listed.truncated ? ['too many files, or too long names, to list them all'] : []),
    ...(raw.length > CHANGES_MAX ? [`more than ${CHANGES_MAX} changed files`] : []),
    ...noText
      .filter((path) => !SEEN_ELSEWHERE.test(path) && !gone.has(path))
      .slice(0, SIGNS_MAX)
      .map((path) => `${path} (no text)`),
  ];
  const told = raw.slice(0, CHANGES_MAX);
  const links = await treeLinks(mirror.objects, from);
  if (links === null) unjudged.push('too many links in this repository to know what they lead to');
  return {
    base,
    head,
    baseIsAncestor: from === base,
    landsAsJudged: from === base ? true : null,
    digest: digest.digest('hex'),
    files: raw.map(({ path }) => path),
    changes: told.map(({ blobBefore, blobAfter, ...change }) => ({
      ...change,
      aliases: links === null ? [] : aliasesOf(change.path, links),
    })),
    weakening:
      additions + deletions > JUDGED_LINES_MAX
        ? [{ kind: 'too-large', path: told[0]?.path ?? '', reason: 'The change is too large to judge its tests.' }]
        : await weakeningOf(mirror, told),
    unjudged,
    additions,
    deletions,
  };
}

/** `:100644 100755 <blob> <blob> M` */
function rawChange(field: string, path: string): RawChange {
  const [modeBefore = '', modeAfter = '', blobBefore = '', blobAfter = '', letter = ''] = field.slice(1).split(' ');
  return { path, status: STATUSES[letter] ?? 'type-changed', modeBefore, modeAfter, blobBefore, blobAfter };
}

/** Reads what is judged, before and after, from the object store: no checkout, no filters, no text conversion. */
async function weakeningOf(mirror: MirrorGit, changes: readonly RawChange[]): Promise<readonly Weakening[]> {
  const judged = changes.filter(
    ({ path, modeBefore, modeAfter }) => judgedAs(path) !== null && (isPlain(modeBefore) || isPlain(modeAfter)),
  );
  const sides = judged.flatMap(({ modeBefore, modeAfter, blobBefore, blobAfter }) => [
    ...(isPlain(modeBefore) ? [blobBefore] : []),
    ...(isPlain(modeAfter) ? [blobAfter] : []),
  ]);
  const blobs = await readBlobs(mirror.objects, sides, TEXT_BOUNDS);
  const texts: ChangedText[] = [];
  const unread: Weakening[] = [];
  for (const { path, modeBefore, modeAfter, blobBefore, blobAfter } of judged) {
    const before = textOf(modeBefore, blobs.get(blobBefore));
    const after = textOf(modeAfter, blobs.get(blobAfter));
    if (before !== undefined && after !== undefined) texts.push({ path, before, after });
    else if (judgedAs(path) === 'measure' || path.endsWith('.rs') || blobs.get(blobAfter)?.includes(0) === true)
      // A source is let be where it is too large, but for Rust, which keeps tests there; one with a NUL byte far down hides.
      unread.push({ kind: 'too-large', path, reason: 'It is too large, or no text, and cannot be judged.' });
  }
  return [...unread, ...testWeakening(texts)].slice(0, SIGNS_MAX);
}

function isPlain(mode: string): boolean {
  return mode !== NO_FILE && mode !== '120000' && mode !== '160000';
}

/** Null where there is no file, undefined where its contents are none that can be read. */
function textOf(mode: string, blob: Buffer | undefined): string | null | undefined {
  if (!isPlain(mode)) return null;
  return blob === undefined || blob.includes(0) ? undefined : blob.toString('utf8');
}

/** The unified diff, renames shown as such, cut at `bytesMax` with a notice as its last line. */
export async function diffText(mirror: MirrorGit, from: string, head: string, bytesMax: number): Promise<string> {
  const attempted = `diff ${from}..${head} of ${mirror.repository}`;
  const flags = ['-r', '-p', '-M', '--no-color', '--no-ext-diff', '--no-textconv'];
  const shown = await mirror.local(['diff-tree', ...flags, from, head, '--'], { attempted, outputBytesMax: bytesMax });
  if (!shown.truncated && shown.exitCode !== 0) throw localTrouble(attempted, shown.stderr);
  const text = shown.stdout.toString('utf8');
  if (!shown.truncated) return text;
  return `${text.replace(/\uFFFD$/, '')}\n[diff cut here: it is longer than ${bytesMax} bytes]\n`;
}
