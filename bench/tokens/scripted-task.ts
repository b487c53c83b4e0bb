/** The task that every agent of the bench is led through, with whatever tools it has. */
import { shellCall, writeCall } from '../../test/drivers/agents-tools.ts';
import type { Script, ScriptedRequest } from '../../test/world/models/conversation.ts';

export const TASK =
  'Create hello.txt with the line "hello, world", commit it, then look at the listing a few times and say what you saw.';

export function scriptedTask(turns: number): Script {
  return (request) => {
    // Titles and summaries are asked for without tools.
    if (request.tools.length === 0) return { text: 'A file with a greeting' };
    const turn = 1 + request.messages.filter((message) => message.kind === 'assistant').length;
    if (turn === 1)
      return { calls: [given(writeCall(request.tools, folderOf(request), 'hello.txt', 'hello, world\n'))] };
    if (turn < turns) return { calls: [given(shellCall(request.tools, listing(turn)))] };
    const finish = request.tools.find((tool) => tool.name === 'finish');
    if (finish === undefined) return { text: DONE };
    return { calls: [{ name: 'finish', input: { title: 'Greet the world', summary: DONE } }] };
  };
}

const DONE = 'Wrote hello.txt, committed it and looked at the listing.';
const ROWS = 22;

/** About 700 bytes, different at each turn; the first one commits as well. */
function listing(turn: number): string {
  const row = 'row $i: $((i * 7919)) bytes, $((i % 7)) links';
  const list = `for i in $(seq ${turn}01 ${turn}${ROWS}); do echo "${row}"; done`;
  return turn === 2 ? `git add -A && git commit -q -m 'Greet the world' && ${list}` : list;
}

function given<Call>(call: Call | null): Call {
  if (call === null) throw new Error('no tool for this turn is offered');
  return call;
}

/** Where an agent says that it works; ours takes paths as they stand in the checkout. */
function folderOf(request: ScriptedRequest): string {
  const said = [request.system, ...request.messages.map((message) => ('text' in message ? message.text : ''))].join(
    '\n',
  );
  return /(\/[^\s"'`<>]*\/repository)\b/.exec(said)?.[1] ?? '.';
}
