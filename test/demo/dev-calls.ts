/** How far an issue's dev has come, seen from outside: from what reached the models. */
import type { ScriptedRequest } from '../world/models/conversation.ts';
import { issueKeyOf, roleOf } from '../world/models/scripted-agent.ts';

/** Tool results the dev of this issue has been shown, in the longest of its requests. */
export function devCalls(requests: readonly ScriptedRequest[], issueKey: string): number {
  const counts = requests
    .filter((request) => roleOf(request) === 'dev' && issueKeyOf(request) === issueKey)
    .map((request) => request.messages.filter((turn) => turn.kind === 'tool-result').length);
  return Math.max(0, ...counts);
}
