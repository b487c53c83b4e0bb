/**
 * Takes the bundle an agent made. Everything about it is hostile until proved otherwise: the file may be a link or a
 * pipe, the refs not the ones agreed, the objects crafted. `git fetch` of a bundle ignores transfer.fsckObjects before
 * git 2.46, so the pack goes through `index-pack --strict` in a quarantine folder and moves into the mirror only whole.
 */

import { constants, type FileHandle, mkdtemp, open, readdir, realpath, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OutsideError } from '../domain/outside-error.ts';
import type { Mirrored } from './mirror.ts';
import { isBranchName, isCommitId, isRefComponent } from './safe-name.ts';

const BUNDLE_BYTES_MAX = 200 * 1024 * 1024;
const HEADER_BYTES_MAX = 256 * 1024;
/** Of the list of new commits: some hundred thousand. */
const NEWS_BYTES_MAX = 16 * 1024 * 1024;

/** Kinds of broken objects that git by default only warns of. */
const STRICT = ['zeroPaddedFilemode', 'hasDot', 'hasDotdot', 'hasDotgit', 'emptyName', 'fullPathname', 'nullSha1']
  .map((kind) => `${kind}=error`)
  .join(',');

export interface BundleRequest {
  readonly runId: string;
  readonly file: string;
  readonly branch: string;
}

/** Returns the head, now at refs/heartline/runs/<runId>; throws `invalid` with the reason when the bundle is not taken. */
export async function receiveBundle(mirror: Mirrored, request: BundleRequest): Promise<string> {
  const attempted = `take the work of run ${request.runId} on ${mirror.repository}`;
  const refuse = (detail: string, cause?: unknown) => new OutsideError('invalid', attempted, detail, { cause });
  if (!isRefComponent(request.runId)) throw refuse('the run id cannot be part of a ref');
  if (!isBranchName(request.branch)) throw refuse(`"${request.branch}" is not a branch name`);

  const file = await openPlainFile(request.file, refuse);
  try {
    const header = await readHeader(file, refuse);
    const head = wantedHead(header.text, `refs/heads/${request.branch}`, refuse);
    await takePack(mirror, file, header.length, head, attempted, refuse);
    const ref = `refs/heartline/runs/${request.runId}`;
    const written = await mirror.local(['update-ref', '--no-deref', ref, head], { attempted });
    if (written.exitCode !== 0) throw refuse(`the mirror did not take it: ${written.stderr.slice(0, 300)}`);
    return head;
  } finally {
    await file.close();
  }
}

type Refuse = (detail: string, cause?: unknown) => OutsideError;

async function openPlainFile(path: string, refuse: Refuse): Promise<FileHandle> {
  let file: FileHandle;
  try {
    if ((await realpath(dirname(path))) !== dirname(path)) throw refuse('the bundle lies behind a symbolic link');
    // O_NONBLOCK: opening a planted pipe must not wait for a writer that never comes.
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (error instanceof OutsideError) throw error;
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') throw refuse('there is no bundle where it was promised', error);
    throw refuse(code === 'ELOOP' ? 'the bundle is a symbolic link' : 'the bundle cannot be opened', error);
  }
  const facts = await file.stat();
  const fault = !facts.isFile()
    ? 'the bundle is not a plain file'
    : facts.size > BUNDLE_BYTES_MAX
      ? `the bundle has ${facts.size} bytes; at most ${BUNDLE_BYTES_MAX} are taken`
      : null;
  if (fault === null) return file;
  await file.close();
  throw refuse(fault);
}

/** The text before the pack: signature, prerequisites, refs, an empty line. */
async function readHeader(
  file: FileHandle,
  refuse: Refuse,
): Promise<{ readonly text: string; readonly length: number }> {
  const buffer = Buffer.alloc(HEADER_BYTES_MAX);
  const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
  const end = buffer.subarray(0, bytesRead).indexOf('\n\n');
  const text = buffer.toString('utf8', 0, Math.max(end, 0));
  if (end < 0 || !/^# v[23] git bundle\n/.test(text)) throw refuse('the file is not a git bundle');
  return { text, length: end + 2 };
}

function wantedHead(header: string, ref: string, refuse: Refuse): string {
  const refs: string[] = [];
  let head: string | null = null;
  for (const line of header.split('\n').slice(1)) {
    if (line.startsWith('-')) continue;
    if (line.startsWith('@')) {
      if (line !== '@object-format=sha1') throw refuse(`the bundle asks for "${line.slice(0, 80)}"; make a plain one`);
      continue;
    }
    const space = line.indexOf(' ');
    const name = line.slice(space + 1);
    refs.push(name);
    if (name === ref) head = line.slice(0, space);
  }
  if (head === null) throw refuse(`the bundle holds ${refs.join(', ').slice(0, 200) || 'no ref'} instead of ${ref}`);
  if (!isCommitId(head)) throw refuse('the bundle names no proper commit');
  return head;
}

async function takePack(
  mirror: Mirrored,
  file: FileHandle,
  start: number,
  head: string,
  attempted: string,
  refuse: Refuse,
): Promise<void> {
  const objects = join(mirror.gitDir, 'objects');
  const quarantine = await mkdtemp(join(objects, 'incoming-'));
  const environment = { GIT_OBJECT_DIRECTORY: quarantine, GIT_ALTERNATE_OBJECT_DIRECTORIES: objects };
  try {
    const unpack = [
      'index-pack',
      '--stdin',
      '--fix-thin',
      `--strict=${STRICT}`,
      `--max-input-size=${BUNDLE_BYTES_MAX}`,
    ];
    const input = file.createReadStream({ start, autoClose: false });
    const unpacked = await mirror.local(unpack, { attempted, environment, input });
    if (unpacked.exitCode !== 0) throw refuse(`its objects are not sound: ${unpacked.stderr.slice(-300)}`);

    // Also proves that all that the head needs is here: rev-list fails on the first missing object. What is published is
    // known to be whole, and the base has nothing else.
    const { base } = mirror;
    const walk = ['--parents', head, '--not', '--all'];
    const fresh = await base.local(['rev-list', '--objects', '--quiet', head, '--not', '--all'], {
      attempted,
      environment,
    });
    if (fresh.exitCode !== 0) throw refuse(`its history is not complete: ${fresh.stderr.slice(-300)}`);
    const listed = await base.local(['rev-list', ...walk], { attempted, environment, outputBytesMax: NEWS_BYTES_MAX });
    if (listed.exitCode !== 0) throw refuse(`its history cannot be read: ${listed.stderr.slice(-300)}`);
    const news = listed.stdout
      .toString('latin1')
      .split('\n')
      .filter((line) => line !== '');
    // A tag leads to a commit, so the walk would begin with another id, or with none where that commit is published.
    const first = news[0] ?? ((await mirror.objects.about(head))?.kind === 'commit' ? head : '');
    if (!first.startsWith(head)) throw refuse('its head is no commit');
    if (news.some((line) => !line.includes(' '))) throw refuse('its history does not grow from this repository');
    await migrate(quarantine, objects);
  } finally {
    await rm(quarantine, { recursive: true, force: true });
  }
}

/** The index goes last: a pack without one is not there for git, so a kill in between leaves only a stray file. */
async function migrate(quarantine: string, objects: string): Promise<void> {
  const names = (await readdir(join(quarantine, 'pack')).catch(() => [])).filter((name) => name.startsWith('pack-'));
  names.sort((left, right) => Number(left.endsWith('.idx')) - Number(right.endsWith('.idx')));
  for (const name of names) await rename(join(quarantine, 'pack', name), join(objects, 'pack', name));
}
