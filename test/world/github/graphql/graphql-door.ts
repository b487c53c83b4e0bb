// The GraphQL door: token, limits, GitHub's own schema as the judge of the query, and the answer.
import { readFileSync } from 'node:fs';
import {
  buildSchema,
  type DocumentNode,
  execute,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  OperationTypeNode,
  parse,
  validate,
} from 'graphql';
import { tendAllQueues } from '../acts/queue-acts.ts';
import type { RequestCost } from '../limits.ts';
import { Refusal } from '../refusal.ts';
import { type Answer, type Exchange, type Prepared, plainAnswer } from '../server/exchange.ts';
import {
  complain,
  type Doors,
  finished,
  jsonAnswer,
  loginOf,
  secondaryLimit,
  unauthorized,
} from '../server/rest-door.ts';
import { inTurn } from '../world.ts';
import { actorNode } from './commit-node.ts';
import { githubError, type Node, NotModelled, resolveField, resolveType, withArguments } from './field.ts';
import { contentMutations, mutationNode, nodeWithId } from './mutations.ts';
import type { Reader } from './pull-request-node.ts';
import { type QueryCost, queryCost } from './query-cost.ts';
import { repositoryNode } from './repository-node.ts';

const nodesMax = 500_000;

interface Asked {
  readonly text: string;
  readonly document: DocumentNode;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly fields: readonly string[];
  readonly write: boolean;
}

/** Prepares a request to /graphql. */
export function prepareGraphql(doors: Doors, exchange: Exchange): Prepared {
  const asked = readQuery(exchange);
  const login = loginOf(doors.world, exchange);
  const fields = asked instanceof Error ? 'unreadable' : asked.fields.join(', ');
  const write = !(asked instanceof Error) && asked.write;
  return {
    call: { service: 'github', operation: fields, write },
    kind: 'graphql',
    operation: fields,
    login,
    staleKey: asked instanceof Error || write ? null : `${login} ${asked.text} ${JSON.stringify(asked.variables)}`,
    execute: async () => finished(doors, exchange, await answerGraphql(doors, exchange, asked, login)),
    limited: (resetInMs) => finished(doors, exchange, secondaryLimit(doors.limits, login, 'graphql', resetInMs)),
  };
}

let built: GraphQLSchema | null = null;

/** GitHub's published schema; two duplicate fields in it make the ordinary check refuse it. */
export function githubSchema(): GraphQLSchema {
  if (built === null) {
    const file = new URL('schema.graphql', import.meta.resolve('@octokit/graphql-schema'));
    built = buildSchema(readFileSync(file, 'utf8'), { assumeValidSDL: true, assumeValid: true, noLocation: true });
  }
  return built;
}

function readQuery(exchange: Exchange): Asked | Error {
  try {
    const body = JSON.parse(exchange.body.toString('utf8'));
    const document = parse(body.query, { noLocation: false });
    const operation = getOperationAST(document, body.operationName);
    const selections = operation?.selectionSet.selections ?? [];
    const fields = selections.map((one) => (one.kind === Kind.FIELD ? one.name.value : '...'));
    return {
      text: body.query,
      document,
      variables: body.variables ?? {},
      fields,
      write: operation?.operation === OperationTypeNode.MUTATION,
    };
  } catch (cause) {
    return cause instanceof Error ? cause : new Error(String(cause));
  }
}

async function answerGraphql(
  doors: Doors,
  exchange: Exchange,
  asked: Asked | Error,
  login: string | null,
): Promise<Answer> {
  const { world, limits } = doors;
  if (login === null) return unauthorized(exchange);
  if (exchange.method !== 'POST') return plainAnswer(404, '');
  if (asked instanceof Error) {
    complain(world, 'request', 'graphql', asked.message);
    const body = asked instanceof GraphQLError ? { errors: [asked.toJSON()] } : { message: 'Problems parsing JSON' };
    return jsonAnswer(asked instanceof GraphQLError ? 200 : 400, body);
  }
  const schema = githubSchema();
  const problems = validate(schema, asked.document);
  for (const problem of problems) complain(world, 'request', `graphql ${asked.fields.join(', ')}`, problem.message);
  if (problems.length > 0) return jsonAnswer(200, { errors: problems.map((problem) => problem.toJSON()) });

  const price = queryCost(schema, asked.document, asked.variables);
  if (price.nodes > nodesMax) {
    const message = `This query requests up to ${price.nodes} possible nodes which exceeds the maximum limit of ${nodesMax}.`;
    return jsonAnswer(200, { errors: [{ type: 'MAX_NODE_LIMIT_EXCEEDED', message }] });
  }
  const cost: RequestCost = {
    resource: 'graphql',
    write: asked.write,
    contentWrite: asked.fields.some((field) => contentMutations.has(field)),
  };
  const refused = limits.refusal(login, cost);
  if (refused === 'secondary') return secondaryLimit(limits, login, 'graphql');
  if (refused === 'primary') {
    const message = `API rate limit already exceeded for user ID ${world.users.get(login)?.id ?? 0}.`;
    return jsonAnswer(
      200,
      { errors: [{ type: 'RATE_LIMIT', code: 'graphql_rate_limit', message }] },
      limits.headers(login, 'graphql'),
    );
  }
  limits.count(login, cost, price.points);
  const result = await inTurn(world, async () => {
    await tendAllQueues(world);
    return executed(doors, { world, login }, asked, schema, price);
  });
  const answer = jsonAnswer(200, result, limits.headers(login, 'graphql'));
  return { ...answer, points: price.points, contentWrite: cost.contentWrite };
}

async function executed(
  doors: Doors,
  reader: Reader,
  asked: Asked,
  schema: GraphQLSchema,
  price: QueryCost,
): Promise<unknown> {
  const result = await execute({
    schema,
    document: asked.document,
    variableValues: asked.variables,
    rootValue: asked.write ? mutationNode(reader) : queryNode(doors, reader, price),
    fieldResolver: resolveField,
    typeResolver: resolveType,
  });
  const errors = result.errors?.map((error) => {
    const cause = error.originalError;
    const operation = `graphql ${asked.fields.join(', ')}`;
    if (cause instanceof NotModelled) complain(doors.world, 'not-implemented', operation, cause.message);
    else if (cause !== undefined && !(cause instanceof Refusal) && !(cause instanceof GraphQLError)) {
      complain(doors.world, 'failure', operation, cause.stack ?? cause.message);
    } else if (cause === undefined && error.extensions.type === undefined)
      complain(doors.world, 'response', operation, error.message);
    const type =
      cause instanceof Refusal ? (cause.status === 403 ? 'FORBIDDEN' : 'UNPROCESSABLE') : error.extensions.type;
    return {
      ...(type === undefined ? {} : { type }),
      path: error.path,
      locations: error.locations,
      message: error.message,
    };
  });
  return { ...(result.data === undefined ? {} : { data: result.data }), ...(errors === undefined ? {} : { errors }) };
}

function queryNode(doors: Doors, reader: Reader, price: QueryCost): Node {
  const { world, limits } = doors;
  return {
    __typename: 'Query',
    viewer: actorNode(world, reader.login),
    repository: withArguments(['owner', 'name', 'followRenames'], (args) => {
      const repository = world.repositories.get(`${args.owner}/${args.name}`);
      if (repository === undefined || !repository.collaborators.has(reader.login)) {
        throw githubError('NOT_FOUND', `Could not resolve to a Repository with the name '${args.owner}/${args.name}'.`);
      }
      return repositoryNode(reader, repository);
    }),
    node: withArguments(['id'], (args) => nodeWithId(reader, args.id)),
    rateLimit: withArguments(['dryRun'], () => {
      const quota = limits.quota(reader.login, 'graphql');
      return {
        __typename: 'RateLimit',
        cost: price.points,
        nodeCount: price.nodes,
        limit: quota.limit,
        used: quota.used,
        remaining: quota.remaining,
        resetAt: new Date(quota.resetSeconds * 1000).toISOString().replace('.000Z', 'Z'),
      };
    }),
  };
}
