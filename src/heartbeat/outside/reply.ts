/** Answers a person's remark. GitHub gives comments no key, so ours carries a marker that is looked for before it is posted again. */
import type { Reply } from '../../domain/action.ts';
import type { OutsideWrite } from './outside-write.ts';

export const reply: OutsideWrite<Reply> = {
  look: ({ repository, number, threadId, marker }, { forge }) => forge.findReply(repository, number, threadId, marker),
  perform: ({ repository, number, threadId, body }, { forge }) => forge.reply({ repository, number, threadId, body }),
  takenTwice: true,
};
