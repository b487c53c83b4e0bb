/** Pages: newest first, by creation unless `orderBy` says otherwise, cut by cursors that are the records' ids. */
import { invalidInput } from '../board/errors.ts';
import type { BaseRecord } from '../board/records.ts';

export interface PageArguments {
  readonly first?: number | null;
  readonly last?: number | null;
  readonly after?: string | null;
  readonly before?: string | null;
  readonly orderBy?: 'createdAt' | 'updatedAt' | null;
  readonly includeArchived?: boolean | null;
}

export interface Connection<T> {
  readonly nodes: readonly T[];
  readonly edges: readonly { readonly node: T; readonly cursor: string }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

export const pageSizeDefault = 50;
const pageSizeMax = 250;

/**
 * `records` already stand filtered; `all` are those a cursor may point at, for a record can stop matching the filter
 * between two pages and the place it stood at still counts.
 */
export function pageOf<T extends BaseRecord>(
  records: readonly T[],
  all: readonly T[],
  page: PageArguments,
): Connection<T> {
  for (const size of [page.first, page.last]) {
    if (typeof size === 'number' && (size < 0 || size > pageSizeMax)) {
      throw invalidInput(
        `Argument Validation Error: first and last must be between 0 and ${pageSizeMax}, not ${size}.`,
      );
    }
  }
  const key = page.orderBy ?? 'createdAt';
  const ordered = records
    .filter((record) => page.includeArchived === true || record.archivedAt === null)
    .sort((one, other) => compareNewestFirst(one, other, key));
  const after = cursorRecord(all, page.after);
  const before = cursorRecord(all, page.before);
  const between = ordered.filter(
    (record) =>
      (after === null || compareNewestFirst(record, after, key) > 0) &&
      (before === null || compareNewestFirst(record, before, key) < 0),
  );
  const fromEnd = typeof page.last === 'number' && typeof page.first !== 'number';
  const size = (fromEnd ? page.last : page.first) ?? pageSizeDefault;
  const nodes = fromEnd ? between.slice(Math.max(0, between.length - size)) : between.slice(0, size);
  const cut = between.length > nodes.length;
  return {
    nodes,
    edges: nodes.map((node) => ({ node, cursor: node.id })),
    pageInfo: {
      hasNextPage: fromEnd ? before !== null : cut,
      hasPreviousPage: fromEnd ? cut : after !== null,
      startCursor: nodes[0]?.id ?? null,
      endCursor: nodes.at(-1)?.id ?? null,
    },
  };
}

function compareNewestFirst(one: BaseRecord, other: BaseRecord, key: 'createdAt' | 'updatedAt'): number {
  const difference = Date.parse(other[key]) - Date.parse(one[key]);
  return difference !== 0 ? difference : other.sequence - one.sequence;
}

function cursorRecord<T extends BaseRecord>(all: readonly T[], cursor: string | null | undefined): T | null {
  if (cursor === null || cursor === undefined) return null;
  const record = all.find((each) => each.id === cursor);
  if (!record) throw invalidInput(`The cursor "${cursor}" names no record.`);
  return record;
}
