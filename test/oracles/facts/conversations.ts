// What the model service's log says: which issue or pull request a call was about, and which calls belong together.
import { digest, type ScriptedRequest } from '../../world/models/conversation.ts';
import type { LoggedCall } from '../../world/models/model-call.ts';
import type { OutsideWorld } from '../outside-world.ts';

export interface Conversation {
  readonly id: string;
  /** The issue it was opened for; null for one about a person's pull request. */
  readonly issueKey: string | null;
  readonly calls: readonly LoggedCall[];
}

/** Calls that open alike, with the same system prompt and the same first message, are one conversation. */
export function conversationsOf(world: OutsideWorld): readonly Conversation[] {
  const found = new Map<string, { id: string; issueKey: string | null; calls: LoggedCall[] }>();
  for (const call of world.models.log) {
    if (call.request === null) continue;
    const id = digest(JSON.stringify([call.request.system, firstText(call.request)]));
    const conversation = found.get(id) ?? { id, issueKey: issueKeyOf(call.request), calls: [] };
    conversation.calls.push(call);
    found.set(id, conversation);
  }
  return [...found.values()];
}

/** The first message opens with "Issue ENG-12" or "Pull request #7" on a line of its own. */
function issueKeyOf(request: ScriptedRequest): string | null {
  const text = firstText(request).trimStart();
  if (/^Pull request #\d+/.test(text)) return null;
  return (/^Issue ([A-Z][A-Z0-9]*-\d+)\b/.exec(text) ?? /\b([A-Z][A-Z0-9]*-\d+)\b/.exec(text))?.[1] ?? null;
}

/** The inputs of the `finish` calls of a conversation, each with the moment it was made. */
export function finishes(conversation: Conversation): readonly { readonly at: number; readonly input: object }[] {
  return conversation.calls.flatMap((call) =>
    (call.reply?.calls ?? []).flatMap(({ name, input }) =>
      name === 'finish' && typeof input === 'object' && input !== null ? [{ at: call.at, input }] : [],
    ),
  );
}

/** Whether this conversation wrote code or handed work in: whoever does may not judge it. */
export function wroteWork(conversation: Conversation): boolean {
  const writes = conversation.calls.some((call) =>
    (call.reply?.calls ?? []).some(({ name }) => name === 'edit' || name === 'write'),
  );
  return writes || finishes(conversation).some(({ input }) => !('decision' in input));
}

function firstText(request: ScriptedRequest): string {
  const first = request.messages.find((turn) => turn.kind === 'user');
  return first?.kind === 'user' ? first.text : '';
}
