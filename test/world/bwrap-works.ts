// Whether commands can be isolated here, as the bot itself finds out.
import { createIsolation } from '../../src/isolation/create-isolation.ts';

let answer: Promise<boolean> | null = null;

export function bwrapWorks(): Promise<boolean> {
  answer ??= createIsolation({ driver: 'bwrap' })
    .probe()
    .then((missing) => missing === null);
  return answer;
}
