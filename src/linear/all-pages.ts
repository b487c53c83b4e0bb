/** Reads a Linear connection to its end. A page that says "more" and cannot be followed is an error, never a short list. */
import { OutsideError } from '../domain/outside-error.ts';

export interface Page<T> {
  readonly nodes: readonly T[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor?: string | null | undefined };
}

/** A list longer than this many pages means a runaway filter, and is refused whole. */
const PAGES_MAX = 200;

export async function allPages<T>(
  attempted: string,
  read: (after: string | null) => Promise<Page<T>>,
  options: { readonly after?: string | null; readonly until?: (nodes: readonly T[]) => boolean } = {},
): Promise<T[]> {
  const nodes: T[] = [];
  let after = options.after ?? null;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const { nodes: more, pageInfo } = await read(after);
    nodes.push(...more);
    if (!pageInfo.hasNextPage || options.until?.(more)) return nodes;
    const next = pageInfo.endCursor ?? null;
    if (next === null || next === after) {
      throw new OutsideError('unreachable', attempted, 'Linear promised another page and did not say where it begins');
    }
    after = next;
  }
  throw new OutsideError('invalid', attempted, `more than ${PAGES_MAX} pages; watch fewer teams or projects`);
}

/** Slices of at most `size`. */
export function chunksOf<T>(items: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let start = 0; start < items.length; start += size) chunks.push(items.slice(start, start + size));
  return chunks;
}
