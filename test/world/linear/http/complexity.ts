/**
 * What a query costs by Linear's rule, worked out from its text alone: a scalar is 0.1 points, an object 1, and a
 * connection multiplies what is inside it by the page size asked for, 50 when none is. Rounded up at the end.
 */
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import { pageSizeDefault } from '../query/connection.ts';

export function complexityOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): number {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }

  function inside(selections: SelectionSetNode | undefined, type: unknown): number {
    let points = 0;
    for (const selection of selections?.selections ?? []) {
      switch (selection.kind) {
        case Kind.INLINE_FRAGMENT: {
          const name = selection.typeCondition?.name.value;
          points += inside(selection.selectionSet, name === undefined ? type : schema.getType(name));
          break;
        }
        case Kind.FRAGMENT_SPREAD: {
          const fragment = fragments.get(selection.name.value);
          if (fragment) points += inside(fragment.selectionSet, schema.getType(fragment.typeCondition.name.value));
          break;
        }
        case Kind.FIELD: {
          const name = selection.name.value;
          if (name.startsWith('__') || !(isObjectType(type) || isInterfaceType(type))) break;
          const fieldType = getNamedType(type.getFields()[name]?.type);
          if (!isCompositeType(fieldType)) {
            points += 0.1;
            break;
          }
          const own = inside(selection.selectionSet, fieldType);
          const times = fieldType.name.endsWith('Connection') ? pageSize(selection.arguments ?? []) : 1;
          points += 1 + own * times;
          break;
        }
      }
    }
    return points;
  }

  function pageSize(
    given: readonly { readonly name: { readonly value: string }; readonly value: ValueNode }[],
  ): number {
    for (const wanted of ['first', 'last']) {
      const value = given.find((each) => each.name.value === wanted)?.value;
      if (value?.kind === Kind.INT) return Number(value.value);
      if (value?.kind === Kind.VARIABLE) {
        const number = variables[value.name.value] ?? defaultOf(operation, value.name.value);
        if (typeof number === 'number') return number;
      }
    }
    return pageSizeDefault;
  }

  const root = operation.operation === 'mutation' ? schema.getMutationType() : schema.getQueryType();
  // Tenths do not add up exactly in binary; without the trim 13.000000000000002 would round up to 14.
  return Math.ceil(Number(inside(operation.selectionSet, root).toFixed(6)));
}

function defaultOf(operation: OperationDefinitionNode, variable: string): number | null {
  const value = operation.variableDefinitions?.find((each) => each.variable.name.value === variable)?.defaultValue;
  return value?.kind === Kind.INT ? Number(value.value) : null;
}
