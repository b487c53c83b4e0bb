/** What lies between a base and a head, as facts for the gate and as text for a reader. */

import { createHash } from 'node:crypto';
import { OutsideError } from '../domain/outside-error.ts';
import type { DiffFacts } from '../domain/pull-request.ts';
import { isMissingObject, localTrouble } from './git-trouble.ts';
import type { MirrorGit } from './mirror.ts';

const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/** Bound of the list of changed files; the contents themselves are not read into memory. */
const LISTING_BYTES_MAX = 32 * 1024 * 1024;

/**
 * Null when the mirror lacks one of the commits. The digest covers modes, paths and full blob ids before and after of
 * every changed file. Those name both sides' contents exactly, so the patch text would add nothing but a dependence on
 * git's version, and a base that moved in other files leaves the digest as it was. A rename counts as both its paths.
 */
export async function diffFacts(mirror: MirrorGit, base: string, head: string): Promise<DiffFacts | null> {
  const from = await mergeBase(mirror, base, head);
  if (from === null) return null;
  const attempted = `diff ${base}..${head} of ${mirror.repository}`;
  const flags = [
    '-r',
    '-z',
    '--no-abbrev',
    '--no-renames',
    '--no-ext-diff',
    '--no-textconv',
    '--ignore-submodules=none',
  ];
  const listed = await mirror.local(['diff-tree', ...flags, '--raw', '--numstat', from, head, '--'], {
    attempted,
    outputBytesMax: LISTING_BYTES_MAX,
  });
  if (listed.truncated) throw new OutsideError('invalid', attempted, 'the change touches too many files to be judged');
  if (listed.exitCode !== 0) throw localTrouble(attempted, listed.stderr);

  // Bytes, not text: a name that is no UTF-8 must not become equal to another one. Latin-1 maps byte for byte.
  const fields = listed.stdout.toString('latin1').split('\0');
  const digest = createHash('sha256');
  const files: string[] = [];
  let additions = 0;
  let deletions = 0;
  for (let index = 0; index < fields.length; index++) {
    const field = fields[index] ?? '';
    if (field.startsWith(':')) {
      const path = fields[++index] ?? '';
      digest.update(`${field}\0${path}\0`, 'latin1');
      files.push(Buffer.from(path, 'latin1').toString('utf8'));
    } else if (field !== '') {
      // Binary files count as "-": no lines.
      const [added = '', deleted = ''] = field.split('\t');
      additions += Number(added) || 0;
      deletions += Number(deleted) || 0;
    }
  }
  return { base, head, baseIsAncestor: from === base, digest: digest.digest('hex'), files, additions, deletions };
}

/** The unified diff from the merge base, renames shown as such, cut at `bytesMax` with a notice as its last line. */
export async function diffText(mirror: MirrorGit, base: string, head: string, bytesMax: number): Promise<string> {
  const attempted = `diff ${base}..${head} of ${mirror.repository}`;
  const from = await mergeBase(mirror, base, head);
  if (from === null) throw new OutsideError('missing', attempted, 'a commit is not in the mirror yet: refresh first');
  const flags = ['-r', '-p', '-M', '--no-color', '--no-ext-diff', '--no-textconv'];
  const shown = await mirror.local(['diff-tree', ...flags, from, head, '--'], { attempted, outputBytesMax: bytesMax });
  if (!shown.truncated && shown.exitCode !== 0) throw localTrouble(attempted, shown.stderr);
  const text = shown.stdout.toString('utf8');
  if (!shown.truncated) return text;
  return `${text.replace(/\uFFFD$/, '')}\n[diff cut here: it is longer than ${bytesMax} bytes]\n`;
}

/** Where the two part; the empty tree when they share nothing; null when one of them is not there. */
async function mergeBase(mirror: MirrorGit, base: string, head: string): Promise<string | null> {
  const found = await mirror.local(['merge-base', base, head]);
  if (found.exitCode === 0) return found.stdout.toString('utf8').trim();
  if (found.exitCode === 1 && found.stderr === '') return EMPTY_TREE;
  if (isMissingObject(found.stderr)) return null;
  throw localTrouble(`find the merge base of ${base} and ${head} in ${mirror.repository}`, found.stderr);
}
