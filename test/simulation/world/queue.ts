/** The forge's own merge queue: one at a time, tested together with the base, merged or put out. */
import { OutsideError } from '../../../src/domain/outside-error.ts';
import { judge } from './ci.ts';
import type { Git } from './git.ts';
import type { By, Tell } from './happening.ts';
import type { Hub } from './hub.ts';
import type { Keep } from './memory.ts';
import type { Timeline } from './timeline.ts';

export interface Queue {
  enqueue(number: number, head: string): string;
  dequeue(number: number, by: By): void;
}

const TEST_MS = 70_000;

export function createQueue(git: Git, hub: Hub, timeline: Timeline, tell: Tell, keep: Keep): Queue {
  const own = keep({ line: [] as number[], testing: false });
  const { line } = own;

  const leave = (number: number, by: By): void => {
    const at = line.indexOf(number);
    if (at < 0) return;
    line.splice(at, 1);
    if (hub.pull(number).state === 'open') hub.edit(number, { queued: null }, 'forge');
    tell({ kind: 'dequeued', by, number });
  };
  const next = (): void => {
    const number = line[0];
    if (own.testing || number === undefined) return;
    own.testing = true;
    hub.edit(number, { queued: 'testing' }, 'forge');
    timeline.after(TEST_MS, () => finish(number));
  };
  const finish = (number: number): void => {
    own.testing = false;
    const pull = hub.pull(number);
    if (line[0] === number && pull.queued === 'testing') {
      const tree = git.merge(hub.tip(pull.baseBranch), pull.head);
      const fine = tree !== null && judge(tree).green && pull.state === 'open' && !pull.draft;
      leave(number, 'forge');
      if (fine) hub.merge({ number, head: pull.head, method: 'merge', by: 'forge' });
    } else if (pull.queued === null || pull.state !== 'open') leave(number, 'forge');
    next();
  };

  return {
    enqueue: (number, head) => {
      const pull = hub.pull(number);
      const attempted = `queue #${number}`;
      if (!hub.rules.mergeQueue) throw new OutsideError('refused', attempted, 'there is no queue');
      if (pull.state !== 'open' || pull.draft) throw new OutsideError('refused', attempted, 'it is not open');
      if (pull.head !== head) throw new OutsideError('conflict', attempted, `its head is ${pull.head}`);
      if (!line.includes(number)) {
        line.push(number);
        hub.edit(number, { queued: 'waiting' }, 'bot');
        tell({ kind: 'queued', by: 'bot', number, head });
      }
      next();
      return `entry-${number}`;
    },
    dequeue: leave,
  };
}
