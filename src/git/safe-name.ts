/** Names from outside (issue keys, branches, repositories) made fit to be one folder, one ref or one commit. */

import { createHash } from 'node:crypto';

/**
 * One readable folder name per name. The words are for people; the hash of the exact bytes keeps apart what case folding,
 * slashes, unicode forms or length would make equal.
 */
export function safeName(name: string): string {
  const words = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 40);
  const hash = createHash('sha256').update(name, 'utf8').digest('hex').slice(0, 20);
  return words === '' ? hash : `${words}-${hash}`;
}

export function isCommitId(text: string): boolean {
  return /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(text);
}

/** Git's rules for a branch name, and no leading dash, so that it can never be read as an option. */
export function isBranchName(name: string): boolean {
  return (
    name.length > 0 &&
    Buffer.byteLength(name) <= 240 &&
    name !== '@' &&
    name !== 'HEAD' &&
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must be kept out
    !/[\x00-\x20\x7f~^:?*[\\]|\.\.|@\{|\/\//.test(name) &&
    !/^[-/]|[/.]$/.test(name) &&
    name.split('/').every((part) => !part.startsWith('.') && !part.endsWith('.lock'))
  );
}

/** A run id as one component of a ref. */
export function isRefComponent(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/.test(text);
}
