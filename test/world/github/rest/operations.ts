// Every REST operation the stand-in has, by GitHub's name for it.
import { type OperationId, usedOperations } from '../used-operations.ts';
import { checkOperations } from './check-operations.ts';
import { conversationOperations } from './conversation-operations.ts';
import type { Handler, Handlers } from './handler.ts';
import { pullOperations } from './pull-operations.ts';
import { repositoryOperations } from './repository-operations.ts';

const written: Handlers = { ...repositoryOperations, ...pullOperations, ...conversationOperations, ...checkOperations };

/** The code of an operation; one that is described but not written is a mistake of ours and says so. */
export function handlerOf(operation: OperationId): Handler {
  const handler = written[operation];
  if (handler === undefined) throw new Error(`${operation} is in used-operations.ts but has no handler`);
  return handler;
}

/** Operations that put words before people, which GitHub limits more than other writes. */
export const contentOperations: ReadonlySet<OperationId> = new Set<OperationId>([
  'issues/create-comment',
  'issues/update-comment',
  'pulls/create',
  'pulls/create-reply-for-review-comment',
  'pulls/create-review',
]);

for (const operation of usedOperations) handlerOf(operation);
