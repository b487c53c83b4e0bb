// Scripted agents for stories, hardly more than a commit and an opinion.
import { commit, finish, writeFile } from '../world/models/agent-steps.ts';
import type { Script } from '../world/models/conversation.ts';
import { byRole, steps } from '../world/models/scripted-agent.ts';

/** Writes one file, commits, hands in. */
export function devWriting(path: string, content: string, title = `Write ${path}`): Script {
  return steps(writeFile(path, content), commit(title), finish({ title, summary: `${title}, as asked.` }));
}

export const approving: Script = steps(finish({ decision: 'approve', summary: 'Does what was asked.', findings: [] }));

export const wellBehaved: Script = byRole({
  dev: devWriting('src/hello.js', 'export const hello = 1;\n'),
  review: approving,
});

export const HELLO = {
  title: 'Say hello',
  description: 'Add src/hello.js that exports hello.',
  movedBy: 'ada',
  priority: 2,
} as const;
