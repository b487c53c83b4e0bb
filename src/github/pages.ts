/** Follows GraphQL cursors to the end of a list; a page that promises more and cannot be followed is an error, never a short list. */
import { OutsideError } from '../domain/outside-error.ts';

/** A repository with more pages than this of anything is a fault, and the read fails whole. */
const PAGES_MAX = 40;

export interface PageEnd {
  readonly hasNextPage: boolean;
  readonly endCursor?: string | null | undefined;
}

export async function pages(
  attempted: string,
  read: (cursor: string | null) => Promise<PageEnd>,
  from: string | null = null,
): Promise<void> {
  let cursor = from;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const { hasNextPage, endCursor } = await read(cursor);
    if (!hasNextPage) return;
    if (!endCursor || endCursor === cursor) {
      throw new OutsideError('unreachable', attempted, 'GitHub promised another page and did not say where it begins');
    }
    cursor = endCursor;
  }
  throw new OutsideError('invalid', attempted, `more than ${PAGES_MAX} pages of one list`);
}
