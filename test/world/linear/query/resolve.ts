/**
 * Answers every field of every request from one place, led by the schema: a root looks up its records, a field reads
 * one, and what the schema calls a connection is filtered and cut into a page.
 */
import {
  type GraphQLFieldResolver,
  type GraphQLResolveInfo,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql';
import type { BaseRecord } from '../board/records.ts';
import { type PageArguments, pageOf } from './connection.ts';
import type { QueryContext } from './context.ts';
import { matches, recordTypeBehind } from './filter.ts';
import { mutationRoots } from './mutation-roots.ts';
import { ownArguments, queryRoots } from './query-roots.ts';
import { readField } from './read-field.ts';

type Arguments = Readonly<Record<string, unknown>>;

export const resolveField: GraphQLFieldResolver<unknown, QueryContext, Arguments> = (source, args, context, info) => {
  const value = isRoot(info)
    ? readRoot(args, context, info)
    : readField(info.parentType.name, Object(source), info.fieldName, context);
  if (getNamedType(info.returnType).name.endsWith('Connection')) return connection(value, args, context, info);
  if (value === null && isListType(getNullableType(info.returnType)) && isNonNullType(info.returnType)) {
    return [];
  }
  return value;
};

function isRoot(info: GraphQLResolveInfo): boolean {
  return info.path.prev === undefined;
}

function readRoot(args: Arguments, context: QueryContext, info: GraphQLResolveInfo): unknown {
  const roots = info.operation.operation === 'mutation' ? mutationRoots : queryRoots;
  const root = Object.hasOwn(roots, info.fieldName) ? roots[info.fieldName] : undefined;
  if (!root) throw context.notWritten(`root field ${info.parentType.name}.${info.fieldName}`);
  return root(args, context);
}

const pageArguments = ['first', 'last', 'after', 'before', 'orderBy', 'includeArchived', 'filter'];

function connection(value: unknown, args: Arguments, context: QueryContext, info: GraphQLResolveInfo): unknown {
  const records: readonly BaseRecord[] = Array.isArray(value) ? value : [];
  const written = [...pageArguments, ...(isRoot(info) ? (ownArguments[info.fieldName] ?? []) : [])];
  for (const [name, argument] of Object.entries(args)) {
    if (argument !== null && argument !== undefined && !written.includes(name)) {
      throw context.notWritten(`argument "${name}" of ${info.parentType.name}.${info.fieldName}`);
    }
  }
  return pageOf(filtered(records, args, context, info), records, args as PageArguments);
}

function filtered(
  records: readonly BaseRecord[],
  args: Arguments,
  context: QueryContext,
  info: GraphQLResolveInfo,
): readonly BaseRecord[] {
  const filter = args.filter;
  if (typeof filter !== 'object' || filter === null) return records;
  const field = info.parentType.getFields()[info.fieldName];
  const type = getNamedType(field?.args.find((each) => each.name === 'filter')?.type);
  if (!isInputObjectType(type)) throw context.notWritten(`filter of ${info.parentType.name}.${info.fieldName}`);
  const recordType = recordTypeBehind(info.parentType.name, info.fieldName, context);
  return records.filter((record) => matches(type, filter as Arguments, recordType, record, context));
}
