/** The errors of Linear's API, in the shape from which the SDK picks its error classes. */
import { GraphQLError } from 'graphql';

/** A bad id or bad input; the SDK makes an `InvalidInputLinearError` of it. */
export function invalidInput(message: string): GraphQLError {
  return linearError(message, { type: 'invalid input', code: 'INVALID_INPUT', statusCode: 400, httpStatus: 400 });
}

export function entityNotFound(type: string, id: string): GraphQLError {
  return linearError(`Entity not found: ${type} - Could not find referenced ${type} "${id}".`, {
    type: 'invalid input',
    code: 'INPUT_ERROR',
    statusCode: 400,
    httpStatus: 400,
  });
}

/** For what the stand-in does not model. Never a null: the test that met it must fail. */
export function notWritten(what: string): GraphQLError {
  return linearError(`The Linear stand-in has no ${what}. Write it in test/world/linear or do without it.`, {
    type: 'other',
    code: 'NOT_WRITTEN',
    statusCode: 501,
    httpStatus: 501,
  });
}

export function authenticationError(): GraphQLError {
  return linearError('Authentication required, not authenticated', {
    type: 'authentication error',
    code: 'AUTHENTICATION_ERROR',
    statusCode: 401,
    httpStatus: 401,
  });
}

export function tooComplex(complexity: number, limit: number): GraphQLError {
  return linearError(`Query too complex: ${complexity} points, at most ${limit} are allowed in one query.`, {
    type: 'invalid input',
    code: 'QUERY_TOO_COMPLEX',
    statusCode: 400,
    httpStatus: 400,
  });
}

/** HTTP 400 with 429 inside, as seen on the live service. */
export function rateLimited(message: string): GraphQLError {
  return linearError(message, { type: 'ratelimited', code: 'RATELIMITED', statusCode: 429, httpStatus: 400 });
}

export function badRequest(message: string, code: 'GRAPHQL_PARSE_FAILED' | 'GRAPHQL_VALIDATION_FAILED'): GraphQLError {
  return linearError(message, { type: 'graphql error', code, statusCode: 400, httpStatus: 400 });
}

interface Shape {
  readonly type: string;
  readonly code: string;
  readonly statusCode: number;
  readonly httpStatus: number;
}

function linearError(message: string, { type, code, statusCode, httpStatus }: Shape): GraphQLError {
  return new GraphQLError(message, {
    extensions: {
      type,
      code,
      statusCode,
      userError: statusCode < 500,
      userPresentableMessage: message,
      http: { status: httpStatus },
    },
  });
}
