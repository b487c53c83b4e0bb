/**
 * What a reply without a call is answered with: the facts that show that the work is not done, looked up in the checkout
 * and not in what the agent says it did. At most a few times without a change in them, counted in the transcript, so that
 * a restart grants no more.
 */
import type { Progress } from './judge-progress.ts';
import type { Loop } from './limit-reached.ts';
import type { WorkTask } from './prepare-task.ts';
import { lookAtTree, mayRest, treeNow, verify } from './tools/finish-work.ts';

const NUDGES_MAX = 3;
const OPENING =
  'Nothing was called, so nothing happened. Go on with the tools, in smaller steps if your reply was cut off, or call finish when the work is done.';

export async function nudge(loop: Loop): Promise<Progress> {
  const before = loop.transcript.own.flatMap((message) =>
    message.kind === 'user' && message.text.startsWith(OPENING) ? [message.text] : [],
  );
  const missing = await whatIsMissing(loop, before.at(-1) ?? null);
  const text = [OPENING, ...missing.map((fact) => `- ${fact}`)].join('\n');
  const same = before.length - 1 - before.findLastIndex((one) => one !== text);
  if (same < NUDGES_MAX) return { kind: 'remind', text };
  const reason = `The agent stopped calling tools ${same + 1} times and nothing changed in between: ${missing.join(' ')}`;
  return { kind: 'stopped', state: 'stalled', reason };
}

async function whatIsMissing({ session, task }: Loop, last: string | null): Promise<readonly string[]> {
  if (task.kind !== 'work') return ['The result has not been handed in.'];
  session.live.doing = 'looking at what is there';
  const tree = await lookAtTree(task, mayRest(task));
  // Which files it is that are not committed does not say whether they are the same as before; this does.
  if (typeof tree === 'string')
    return [`Not done: ${tree}`, `${NOT_HANDED_IN} (The files are at ${await treeNow(task)}.)`];
  const known = factsAt(tree.head, last);
  if (known !== null) return known;
  return [...(await redOnes(task, tree.head)), `${NOT_HANDED_IN} (The branch is at ${tree.head}.)`];
}

const NOT_HANDED_IN = 'The work has not been handed in.';

/** What was found at this commit is as true now, and verify commands may take long. */
function factsAt(head: string, last: string | null): readonly string[] | null {
  if (last === null || !last.endsWith(`(The branch is at ${head}.)`)) return null;
  return last.slice(OPENING.length + '\n- '.length).split('\n- ');
}

async function redOnes(task: WorkTask, head: string): Promise<readonly string[]> {
  const red: string[] = [];
  for (const command of task.verify) {
    if ((await verify(command, task)) !== null) red.push(`\`${command}\` fails on ${head}.`);
  }
  return red;
}
