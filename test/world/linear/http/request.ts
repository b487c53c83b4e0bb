/** What arrived, understood as far as it can be: a request that cannot be read is still a call and is still logged. */
import { type DocumentNode, GraphQLError, Kind, type OperationDefinitionNode, parse } from 'graphql';
import { isObject } from '../../json.ts';

export interface LinearRequest {
  /** Null when the body is no GraphQL request. */
  readonly query: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly document: DocumentNode | null;
  readonly operation: OperationDefinitionNode | null;
  readonly operationName: string | null;
  readonly rootFields: readonly string[];
  readonly write: boolean;
  /** Why the request cannot be executed, if it cannot. */
  readonly problem: string | null;
}

export function readRequest(body: string): LinearRequest {
  const nothing = {
    query: null,
    variables: {},
    document: null,
    operation: null,
    operationName: null,
    rootFields: [],
    write: false,
  };
  let sent: unknown;
  try {
    sent = JSON.parse(body);
  } catch {
    return { ...nothing, problem: 'The body must be JSON.' };
  }
  if (typeof sent !== 'object' || sent === null || !('query' in sent) || typeof sent.query !== 'string') {
    return { ...nothing, problem: 'The body must be an object with a "query".' };
  }
  const { query } = sent;
  const variables = 'variables' in sent && isObject(sent.variables) ? sent.variables : {};
  const wanted = 'operationName' in sent && typeof sent.operationName === 'string' ? sent.operationName : null;
  let document: DocumentNode;
  try {
    document = parse(query);
  } catch (error) {
    const problem = error instanceof GraphQLError ? error.message : 'The query cannot be parsed.';
    return { ...nothing, query, variables, problem };
  }
  const operations = document.definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION);
  const operation = wanted === null ? operations[0] : operations.find((each) => each.name?.value === wanted);
  if (!operation || (wanted === null && operations.length > 1)) {
    return { ...nothing, query, variables, document, problem: 'The query must name one operation.' };
  }
  return {
    query,
    variables,
    document,
    operation,
    operationName: operation.name?.value ?? null,
    rootFields: operation.selectionSet.selections.flatMap((each) =>
      each.kind === Kind.FIELD ? [each.name.value] : [],
    ),
    write: operation.operation === 'mutation',
    problem: null,
  };
}
