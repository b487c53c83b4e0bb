/** What the answering of one request has at hand. */
import type { GraphQLError, GraphQLSchema } from 'graphql';
import type { Board, Cause } from '../board/board.ts';
import type { LinearState } from '../board/records.ts';

export interface QueryContext {
  readonly schema: GraphQLSchema;
  readonly board: Board;
  /** What reads see: the board's state, or an older one for a stale read. */
  readonly state: LinearState;
  readonly now: number;
  readonly viewerId: string;
  readonly cause: Cause;
  readonly rateLimitStatus: () => unknown;
  /** Notes that something is not modelled and makes the error that says so. */
  readonly notWritten: (what: string) => GraphQLError;
}
