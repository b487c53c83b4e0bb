// How the stand-in describes GraphQL objects: plain values, or functions for what is costly, and loud where nothing was written.
import { GraphQLError, type GraphQLFieldResolver, type GraphQLTypeResolver } from 'graphql';

export type Arguments = Readonly<Record<string, unknown>>;

/** A field that takes arguments; any other argument than these is not built. */
class FieldWithArguments {
  readonly accepts: readonly string[];
  readonly get: (args: Arguments) => unknown;

  constructor(accepts: readonly string[], get: (args: Arguments) => unknown) {
    this.accepts = accepts;
    this.get = get;
  }
}

/** One object of the answer; `undefined` and absent both mean that the field is not built. */
export type Node = { readonly __typename: string; readonly [field: string]: unknown };

/** Nobody has built what was asked for. */
export class NotModelled extends Error {}

export function withArguments(accepts: readonly string[], get: (args: Arguments) => unknown): FieldWithArguments {
  return new FieldWithArguments(accepts, get);
}

/** Resolves every field of every type from such objects. */
export const resolveField: GraphQLFieldResolver<Node, unknown> = (source, args, _, info) => {
  const name = `${info.parentType.name}.${info.fieldName}`;
  const value = source[info.fieldName];
  if (value === undefined) throw new NotModelled(`not implemented in the stand-in: ${name}`);
  const given = Object.keys(args).filter((key) => args[key] !== undefined && args[key] !== null);
  const accepted = value instanceof FieldWithArguments ? value.accepts : [];
  const unknown = given.filter((key) => !accepted.includes(key));
  if (unknown.length > 0) throw new NotModelled(`not implemented in the stand-in: ${name}(${unknown.join(', ')}:)`);
  if (value instanceof FieldWithArguments) return value.get(args);
  return typeof value === 'function' ? value() : value;
};

export const resolveType: GraphQLTypeResolver<Node, unknown> = (source) => source.__typename;

const pageMax = 100;

/** A connection over a whole list. Cursors name items, so they stay right when the list grows. */
export function connection<T>(
  type: string,
  items: readonly T[],
  id: (item: T) => number | string,
  args: Arguments,
  node: (item: T) => unknown,
): Node {
  const cursorOf = (item: T) => Buffer.from(`cursor:v2:${id(item)}`).toString('base64');
  const size = args.first ?? args.last;
  if (typeof size !== 'number')
    throw githubError(
      'MISSING_PAGINATION_BOUNDARIES',
      `You must provide a \`first\` or \`last\` value to properly paginate the \`${type}\` connection.`,
    );
  if (size < 1 || size > pageMax)
    throw githubError(
      'EXCESSIVE_PAGINATION',
      `Requesting ${size} records on the \`${type}\` connection exceeds the \`first\` limit of ${pageMax} records.`,
    );
  const place = (cursor: unknown) => items.findIndex((item) => cursorOf(item) === cursor);
  const from = typeof args.after === 'string' ? place(args.after) + 1 : 0;
  const to = typeof args.before === 'string' ? place(args.before) : items.length;
  const inRange = items.slice(from, to);
  const page = args.first === undefined || args.first === null ? inRange.slice(-size) : inRange.slice(0, size);
  const [first, last] = [page[0], page.at(-1)];
  return {
    __typename: `${type}Connection`,
    totalCount: items.length,
    nodes: () => page.map(node),
    edges: () => page.map((item) => ({ __typename: `${type}Edge`, cursor: cursorOf(item), node: () => node(item) })),
    pageInfo: {
      __typename: 'PageInfo',
      hasNextPage: last !== undefined && items.indexOf(last) < items.length - 1,
      hasPreviousPage: first !== undefined && items.indexOf(first) > 0,
      startCursor: first === undefined ? null : cursorOf(first),
      endCursor: last === undefined ? null : cursorOf(last),
    },
  };
}

/** An error with GitHub's own `type`, which stands beside the message and not in extensions. */
export function githubError(type: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { type } });
}
