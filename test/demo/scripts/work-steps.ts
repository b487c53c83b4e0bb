/** The course of one round of work: read, change, test, commit, hand in. Red tests are admitted, never handed in. */

import { callTool, finish, runTests, testsFailed } from '../../world/models/agent-steps.ts';
import type { ScriptedRequest } from '../../world/models/conversation.ts';
import { callsMade, hasSucceeded, type Step, together, when } from '../../world/models/scripted-agent.ts';
import { VERIFY_COMMAND } from '../sample-files.ts';

export interface Round {
  readonly look: readonly Step[];
  readonly change: readonly Step[];
  /** Also the title of the commit. */
  readonly title: string;
  readonly summary: string;
}

export function workSteps(round: Round): readonly Step[] {
  return [
    together(...round.look),
    together(...round.change),
    runTests(VERIFY_COMMAND),
    when((request) => testsFailed(request, VERIFY_COMMAND), admit(VERIFY_COMMAND)),
    commitAll(round.title),
    finish({ title: round.title, summary: round.summary }),
  ];
}

/** Never done: an agent that stands here has nothing more to try, and its run ends because it calls nothing. */
export function admit(command: string): Step {
  return {
    name: 'admit the failure',
    done: () => false,
    reply: () => ({ text: `\`${command}\` fails and I do not know why, so I do not hand this in.` }),
  };
}

/**
 * Commits everything; what is committed already stays as it is. A git that was killed leaves a lock, which nobody else
 * can hold in this checkout.
 */
export function commitAll(message: string): Step {
  const quoted = `'${message.replaceAll("'", "'\\''")}'`;
  const command = `git add -A && (git diff --cached --quiet || git commit -q -m ${quoted})`;
  return afterLock(`commit "${message}"`, command);
}

/** A merge that was begun and cut off is ended by doing it again; git then says it is there already. */
export function mergeIn(commit: string): Step {
  const command = `(git merge --abort 2>/dev/null || true) && git merge -q --no-edit ${commit}`;
  return afterLock(`merge ${commit}`, command);
}

function afterLock(name: string, command: string): Step {
  const unlocked = `rm -f .git/index.lock && ${command}`;
  return {
    name,
    done: (request) =>
      hasSucceeded(request, 'bash', { command }) || hasSucceeded(request, 'bash', { command: unlocked }),
    reply: (request) => callTool('bash', { command: isLocked(request) ? unlocked : command }).reply(request),
  };
}

function isLocked(request: ScriptedRequest): boolean {
  const last = callsMade(request).at(-1);
  return last?.outcome === 'failed' && /index\.lock/.test(last.text ?? '');
}
