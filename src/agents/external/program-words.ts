/** What a program is told: the whole conversation where it begins, only what is new where it goes on with its own. */
import type { TranscriptMessage } from '../../domain/transcript.ts';
import { toolSpecs } from '../answer-calls.ts';
import { type Loop, saysNear } from '../limit-reached.ts';
import type { Transcript } from '../transcript.ts';
import { RESULT_FILE } from './read-result.ts';

/** For a program that knows nothing of what was before. */
export function wholeConversation({ transcript }: Loop, interrupted: boolean): string {
  return [...transcript.all.map(worded), ...(interrupted ? [BEGUN_BEFORE] : [])].join('\n\n');
}

/** For one that remembers the first messages, and its own part in them. */
export function news({ transcript }: Loop, told: number): string {
  const untold = transcript.all.slice(told).filter((message) => message.kind !== 'assistant');
  return [...(knowsAll(transcript, told) ? [INTERRUPTED] : []), ...untold.map(worded)].join('\n\n');
}

/** That a cap is near was said while the program was at work, so it is no news that a turn of ours brought. */
export function knowsAll({ all }: Pick<Transcript, 'all'>, told: number): boolean {
  return all.slice(told).every(saysNear);
}

const BEGUN_BEFORE =
  'An earlier try at this was cut off. What it left is in the checkout: look at `git status` and `git log` first.';
const INTERRUPTED =
  'You were interrupted by a restart. What you were doing then may or may not have happened: look before you repeat it. Go on.';

function worded(message: TranscriptMessage): string {
  switch (message.kind) {
    case 'user':
      return message.text;
    case 'assistant':
      return message.calls.length === 0
        ? 'You have ended without a result since. What you left is in the checkout.'
        : `You handed in since: ${message.calls.map((call) => JSON.stringify(call.input)).join(' ')}`;
    case 'tool-results':
      return `What came back: ${message.results.map((result) => result.text).join('\n')}`;
  }
}

/** The role's rules, and how a program without our tools hands in. */
export function rules({ task }: Loop): string {
  const specs = toolSpecs(task.prompt);
  const schema = (name: string) => JSON.stringify(specs.find((spec) => spec.name === name)?.schema ?? {});
  const file = `${task.room.workspace.out}/${RESULT_FILE}`;
  const handingIn = [
    'Your tools are your own; those that these rules name are described to others.',
    `To call finish, write one JSON object to the file ${file} (outside the checkout) and end your reply. Its schema: ${schema('finish')}`,
    ...(task.prompt.tools.includes('ask')
      ? [`To call ask, write to that file instead what fits ${schema('ask')}`]
      : []),
  ];
  return `${task.prompt.system}\n\n${handingIn.join('\n')}`;
}

export function startedOutside(tree: string): string {
  return `The checkout is the folder ${tree}. You were started outside it: begin every command with cd ${tree}.`;
}
