/** How a merge of ours was asked for, which its key tells: the settings may have changed since. */
import type { MergeMethod } from '../domain/pull-request.ts';

const METHODS: readonly MergeMethod[] = ['merge', 'squash', 'rebase'];

/** `configured` is for keys from before they named the method. */
export function methodSent(key: string, configured: MergeMethod): MergeMethod {
  const [plain = ''] = key.split('~');
  return METHODS.find((method) => plain.endsWith(`:${method}`)) ?? configured;
}
