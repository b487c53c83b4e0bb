// What a query costs by GitHub's published rule: the requests its connections would need, over one hundred, at least one point.
import {
  type DocumentNode,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  getNamedType,
  getOperationAST,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';

/** Points of a query and the nodes it could return, from its text alone. */
export interface QueryCost {
  readonly points: number;
  readonly nodes: number;
}

/** Reckons the cost; a mutation costs one point like the smallest query. */
export function queryCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: Readonly<Record<string, unknown>>,
): QueryCost {
  const operation = getOperationAST(document);
  const root = operation === null || operation === undefined ? null : schema.getRootType(operation.operation);
  if (operation === null || operation === undefined || root === null || root === undefined)
    return { points: 1, nodes: 0 };
  const known = { ...defaultsOf(operation), ...variables };
  let requests = 0;
  let nodes = 0;
  const walk = (selections: SelectionSetNode, type: GraphQLCompositeType, parents: number): void => {
    for (const selection of selections.selections) {
      if (selection.kind === Kind.FIELD) walkField(selection, type, parents);
      else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const inner = selection.typeCondition === undefined ? type : schema.getType(selection.typeCondition.name.value);
        walk(selection.selectionSet, (inner ?? type) as GraphQLCompositeType, parents);
      } else {
        const fragment = document.definitions.find(
          (one) => one.kind === Kind.FRAGMENT_DEFINITION && one.name.value === selection.name.value,
        );
        if (fragment?.kind !== Kind.FRAGMENT_DEFINITION) continue;
        walk(
          fragment.selectionSet,
          (schema.getType(fragment.typeCondition.name.value) ?? type) as GraphQLCompositeType,
          parents,
        );
      }
    }
  };
  const walkField = (field: FieldNode, type: GraphQLCompositeType, parents: number): void => {
    const described = isObjectType(type) || isInterfaceType(type) ? type.getFields()[field.name.value] : undefined;
    if (described === undefined || field.selectionSet === undefined) return;
    const inner = getNamedType(described.type) as GraphQLCompositeType;
    const size = inner.name.endsWith('Connection') ? sizeOf(field, known) : null;
    if (size !== null) {
      requests += parents;
      nodes += parents * size;
    }
    walk(field.selectionSet, inner, size === null ? parents : parents * size);
  };
  walk(operation.selectionSet, root, 1);
  return { points: Math.max(1, Math.round(requests / 100)), nodes };
}

function sizeOf(field: FieldNode, variables: Readonly<Record<string, unknown>>): number {
  for (const name of ['first', 'last']) {
    const value = literalOf(field.arguments?.find((one) => one.name.value === name)?.value, variables);
    if (typeof value === 'number') return value;
  }
  return 0;
}

function literalOf(node: ValueNode | undefined, variables: Readonly<Record<string, unknown>>): unknown {
  if (node?.kind === Kind.VARIABLE) return variables[node.name.value];
  return node?.kind === Kind.INT ? Number(node.value) : undefined;
}

function defaultsOf(operation: OperationDefinitionNode): Record<string, unknown> {
  return Object.fromEntries(
    (operation.variableDefinitions ?? []).map((one) => [one.variable.name.value, literalOf(one.defaultValue, {})]),
  );
}
