/**
 * What a reply without a call is answered with: the facts that show that the work is not done. At most a few times without
 * a change in them, counted in the transcript, so that a restart grants no more.
 */
import type { TranscriptMessage } from '../domain/transcript.ts';
import type { Progress } from './judge-progress.ts';
import type { Loop } from './limit-reached.ts';
import { lookAtTree } from './tools/finish-work.ts';

const NUDGES_MAX = 3;
const OPENING =
  'Nothing was called, so nothing happened. Go on with the tools, in smaller steps if your reply was cut off, or call finish when the work is done.';

export async function nudge(loop: Loop): Promise<Progress> {
  const missing = await whatIsMissing(loop);
  const text = [OPENING, ...missing.map((fact) => `- ${fact}`)].join('\n');
  const before = loop.transcript.own.flatMap((message) =>
    message.kind === 'user' && message.text.startsWith(OPENING) ? [message.text] : [],
  );
  const same = before.length - 1 - before.findLastIndex((one) => one !== text);
  if (same < NUDGES_MAX) return { kind: 'remind', text };
  const reason = `The agent stopped calling tools ${same + 1} times and nothing changed in between: ${missing.join(' ')}`;
  return { kind: 'stopped', state: 'stalled', reason };
}

async function whatIsMissing({ task, transcript }: Loop): Promise<readonly string[]> {
  if (task.kind !== 'work') return ['The result has not been handed in.'];
  const tree = await lookAtTree(task);
  return [
    ...(typeof tree === 'string' ? [`Not done: ${tree}`] : []),
    ...task.verify.flatMap((command) => {
      const fact = lastOutcome(transcript.own, command);
      return fact === null ? [] : [fact];
    }),
    'The work has not been handed in.',
  ];
}

/** What is known of a verify command since the last change of a file; null when it passed. */
function lastOutcome(own: readonly TranscriptMessage[], command: string): string | null {
  const calls = own.flatMap((message, index) => {
    const next = own[index + 1];
    if (message.kind !== 'assistant' || next?.kind !== 'tool-results') return [];
    return message.calls.map((call, position) => ({ call, result: next.results[position] }));
  });
  const changed = calls.findLastIndex(({ call }) => call.name === 'edit' || call.name === 'write');
  const run = calls
    .slice(changed + 1)
    .findLast(
      ({ call }) => call.name === 'bash' && JSON.stringify(call.input).includes(JSON.stringify(command).slice(1, -1)),
    );
  if (run === undefined) return `\`${command}\` has not been run since the last change.`;
  return run.result?.isError === false ? null : `\`${command}\` failed when it was run last.`;
}
