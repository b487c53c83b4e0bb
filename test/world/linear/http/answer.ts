/** From a request to Linear's answer: who asks, is it valid, what does it cost, is there enough left, then execute. */
import { execute, GraphQLError, type GraphQLSchema, validate } from 'graphql';
import type { Board } from '../board/board.ts';
import { authenticationError, badRequest, notWritten, rateLimited, tooComplex } from '../board/errors.ts';
import type { QueryContext } from '../query/context.ts';
import { resolveField } from '../query/resolve.ts';
import { complexityOf } from './complexity.ts';
import type { RateBuckets, RateLimits } from './rate-buckets.ts';
import type { LinearRequest } from './request.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
  readonly complexity: number;
  readonly errorCodes: readonly string[];
}

export interface Answering {
  readonly schema: GraphQLSchema;
  readonly board: Board;
  readonly limits: RateLimits;
  /** The user of the key that was sent, with the buckets of that user; null when nobody has that key. */
  readonly caller: { readonly userId: string; readonly buckets: RateBuckets } | null;
  readonly number: number;
  /** Reads answer from the state before the last change. */
  readonly stale: boolean;
  readonly unimplemented: Set<string>;
  /** Awaited around the execution of a write. */
  readonly around: (phase: 'before' | 'after') => Promise<void>;
}

export async function answer(request: LinearRequest, answering: Answering): Promise<Answer> {
  const { schema, caller, limits } = answering;
  if (!caller) return refusal(authenticationError(), 0, {});
  const { document, operation } = request;
  if (!document || !operation) {
    return refusal(badRequest(request.problem ?? 'No query.', 'GRAPHQL_PARSE_FAILED'), 0, caller.buckets.headers(0));
  }
  const faults = validate(schema, document);
  if (faults.length > 0) {
    const errors = faults.map((fault) => badRequest(fault.message, 'GRAPHQL_VALIDATION_FAILED'));
    return answerWith({ errors }, 400, 0, caller.buckets.headers(0));
  }
  const complexity = complexityOf(schema, document, operation, request.variables);
  if (complexity > limits.complexityPerQuery) {
    return refusal(tooComplex(complexity, limits.complexityPerQuery), complexity, caller.buckets.headers(complexity));
  }
  const taken = caller.buckets.take(complexity);
  if (taken !== 'taken') return limitedAnswer(taken, complexity, caller.buckets, limits);

  if (request.write) await answering.around('before');
  const result = await execute({
    schema,
    document,
    operationName: request.operationName,
    variableValues: request.variables,
    contextValue: contextOf(request, answering, caller),
    fieldResolver: resolveField,
  });
  if (request.write) await answering.around('after');
  const errors = result.errors?.map(withExtensions);
  const status = errors?.[0] ? httpStatusOf(errors[0]) : 200;
  return answerWith(
    { ...(errors ? { errors } : {}), data: result.data ?? null },
    status,
    complexity,
    caller.buckets.headers(complexity),
  );
}

/** HTTP 400 with 429 inside, and the headers from which the SDK fills its `RatelimitedLinearError`. */
export function limitedAnswer(
  bucket: 'requests' | 'complexity',
  complexity: number,
  buckets: RateBuckets,
  limits: RateLimits,
): Answer {
  const limit = bucket === 'requests' ? limits.requestsPerHour : limits.complexityPerHour;
  const unit = bucket === 'requests' ? 'requests' : 'points of complexity';
  const error = rateLimited(`Rate limit exceeded. Only ${limit} ${unit} are allowed per 1 hour.`);
  const wait = limits.retryAfterHeader ? { 'retry-after': String(buckets.waitSeconds(complexity)) } : {};
  return refusal(error, complexity, { ...buckets.headers(complexity), ...wait });
}

function contextOf(
  request: LinearRequest,
  answering: Answering,
  caller: { readonly userId: string; readonly buckets: RateBuckets },
): QueryContext {
  const { board, unimplemented } = answering;
  return {
    schema: answering.schema,
    board,
    state: answering.stale && !request.write ? board.previousState() : board.state,
    now: board.now(),
    viewerId: caller.userId,
    cause: { actor: { userId: caller.userId, botActor: null }, request: answering.number },
    rateLimitStatus: () => ({
      kind: 'apikey',
      identifier: caller.userId,
      limits: caller.buckets.status().map(({ type, limit, remaining, reset }) => ({
        type,
        allowedAmount: limit,
        remainingAmount: remaining,
        requestedAmount: 0,
        period: 3_600_000,
        reset,
      })),
    }),
    notWritten(what) {
      unimplemented.add(what);
      return notWritten(what);
    },
  };
}

function refusal(error: GraphQLError, complexity: number, headers: Readonly<Record<string, string>>): Answer {
  return answerWith({ errors: [error] }, httpStatusOf(error), complexity, headers);
}

function answerWith(
  body: { readonly errors?: readonly GraphQLError[]; readonly data?: unknown },
  status: number,
  complexity: number,
  headers: Readonly<Record<string, string>>,
): Answer {
  const errorCodes = (body.errors ?? []).map((error) => String(error.extensions.code));
  return { status, headers, body, complexity, errorCodes };
}

/** An error of GraphQL itself, or a fault of the stand-in, gets the extensions every error of Linear has. */
function withExtensions(error: GraphQLError): GraphQLError {
  if (error.extensions.type !== undefined) return error;
  const internal = error.originalError !== undefined && error.originalError !== null;
  const extensions = internal
    ? { type: 'internal error', code: 'INTERNAL_SERVER_ERROR', statusCode: 500, http: { status: 500 } }
    : { type: 'invalid input', code: 'BAD_USER_INPUT', statusCode: 400, http: { status: 400 } };
  return new GraphQLError(error.message, { nodes: error.nodes ?? null, path: error.path ?? null, extensions });
}

function httpStatusOf(error: GraphQLError): number {
  const http = error.extensions.http;
  return typeof http === 'object' && http !== null && 'status' in http ? Number(http.status) : 200;
}
