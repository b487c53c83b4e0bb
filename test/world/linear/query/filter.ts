/**
 * Linear's filters, read by their input types rather than by their names: a comparator compares a field, a collection
 * filter asks some or every record behind it, any other filter goes on into the record behind it.
 */
import { type GraphQLInputObjectType, getNamedType, isInputObjectType, isObjectType } from 'graphql';
import { invalidInput } from '../board/errors.ts';
import type { BaseRecord } from '../board/records.ts';
import { compare } from './compare.ts';
import type { QueryContext } from './context.ts';
import { readField } from './read-field.ts';

type Filter = Readonly<Record<string, unknown>>;

export function matches(
  type: GraphQLInputObjectType,
  filter: Filter,
  recordType: string,
  record: object | null,
  context: QueryContext,
): boolean {
  return Object.entries(filter).every(([key, wanted]) => {
    // A variable that was left out arrives as null or undefined; both ask for nothing.
    if (wanted === null || wanted === undefined) return true;
    if (key === 'null') return (record === null) === wanted;
    if (key === 'and') return asFilters(wanted).every((each) => matches(type, each, recordType, record, context));
    if (key === 'or') return asFilters(wanted).some((each) => matches(type, each, recordType, record, context));
    if (record === null) return false;
    return matchesKey(type, key, wanted, recordType, record, context);
  });
}

function matchesKey(
  type: GraphQLInputObjectType,
  key: string,
  wanted: unknown,
  recordType: string,
  record: object,
  context: QueryContext,
): boolean {
  const keyType = getNamedType(type.getFields()[key]?.type);
  if (!isInputObjectType(keyType)) throw context.notWritten(`filter ${type.name}.${key}`);
  const filter = asFilter(wanted);
  if (keyType.name.endsWith('Comparator')) {
    const value = comparedValue(recordType, record, key, keyType.name, context);
    return compare(keyType.name, filter, value, context);
  }
  const value = readField(recordType, record, key, context);
  const behind = recordTypeBehind(recordType, key, context);
  if (keyType.name.endsWith('CollectionFilter')) {
    return matchesCollection(keyType, filter, behind, asRecords(value), context);
  }
  return matches(keyType, filter, behind, value === null ? null : Object(value), context);
}

/** Without `some` or `every`, a collection filter's own fields mean "some record is like this". */
function matchesCollection(
  type: GraphQLInputObjectType,
  filter: Filter,
  recordType: string,
  records: readonly BaseRecord[],
  context: QueryContext,
): boolean {
  return Object.entries(filter).every(([key, wanted]) => {
    if (wanted === null || wanted === undefined) return true;
    if (key === 'null') return (records.length === 0) === wanted;
    if (key === 'length') return compare('NumberComparator', asFilter(wanted), records.length, context);
    if (key === 'and' || key === 'or') {
      const each = asFilters(wanted).map((part) => matchesCollection(type, part, recordType, records, context));
      return key === 'and' ? each.every(Boolean) : each.some(Boolean);
    }
    if (key === 'some' || key === 'every') {
      const inner = getNamedType(type.getFields()[key]?.type);
      if (!isInputObjectType(inner)) throw context.notWritten(`filter ${type.name}.${key}`);
      const like = (record: BaseRecord) => matches(inner, asFilter(wanted), recordType, record, context);
      return key === 'some' ? records.some(like) : records.every(like);
    }
    return records.some((record) => matches(type, { [key]: wanted }, recordType, record, context));
  });
}

/** The value a comparator looks at; most are fields, a few exist in filters alone. */
function comparedValue(
  recordType: string,
  record: object,
  key: string,
  comparator: string,
  context: QueryContext,
): unknown {
  // An issue may be named by its human key wherever its id is asked for.
  if (comparator === 'IssueIdComparator') return [readField(recordType, record, 'id', context), identifierOf(record)];
  if (comparator === 'RelationExistsComparator') return relationExists(key, record, context);
  if (recordType === 'Issue' && key === 'searchableContent') {
    return `${readField(recordType, record, 'title', context)}\n${readField(recordType, record, 'description', context)}`;
  }
  return readField(recordType, record, key, context);
}

function identifierOf(record: object): unknown {
  return 'identifier' in record ? record.identifier : null;
}

function relationExists(key: string, record: object, context: QueryContext): boolean {
  const id = 'id' in record ? record.id : null;
  const { relations } = context.state;
  switch (key) {
    case 'hasBlockedByRelations':
      return relations.some((each) => each.type === 'blocks' && each.relatedIssueId === id);
    case 'hasBlockingRelations':
      return relations.some((each) => each.type === 'blocks' && each.issueId === id);
    case 'hasRelatedRelations':
      return relations.some((each) => each.type === 'related' && (each.issueId === id || each.relatedIssueId === id));
    case 'hasDuplicateRelations':
      return relations.some((each) => each.type === 'duplicate' && (each.issueId === id || each.relatedIssueId === id));
    default:
      throw context.notWritten(`filter ${key}`);
  }
}

/** The type of the records a field leads to, through its connection if it has one. */
export function recordTypeBehind(recordType: string, field: string, context: QueryContext): string {
  const type = context.schema.getType(recordType);
  const behind = isObjectType(type) ? getNamedType(type.getFields()[field]?.type) : undefined;
  if (!isObjectType(behind)) throw context.notWritten(`filter on ${recordType}.${field}`);
  if (!behind.name.endsWith('Connection')) return behind.name;
  return getNamedType(behind.getFields().nodes?.type)?.name ?? behind.name;
}

function asFilter(value: unknown): Filter {
  if (typeof value !== 'object' || value === null) throw invalidInput('A filter must be an object.');
  return value as Filter;
}

function asFilters(value: unknown): readonly Filter[] {
  return Array.isArray(value) ? value.map(asFilter) : [asFilter(value)];
}

function asRecords(value: unknown): readonly BaseRecord[] {
  return Array.isArray(value) ? value : [];
}
