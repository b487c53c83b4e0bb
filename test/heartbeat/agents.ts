// Scripted agents for stories, hardly more than a commit and an opinion.
import { commit, finish, runCommand, writeFile } from '../world/models/agent-steps.ts';
import type { Script, ScriptedRequest } from '../world/models/conversation.ts';
import { byRole, byRound, steps, userTexts } from '../world/models/scripted-agent.ts';

/** Writes one file, commits, hands in. */
export function devWriting(path: string, content: string, title = `Write ${path}`): Script {
  return steps(writeFile(path, content), commit(title), finish({ title, summary: `${title}, as asked.` }));
}

export const approving: Script = steps(finish({ decision: 'approve', summary: 'Does what was asked.', findings: [] }));

/** Asks for changes on these lines of one file. */
export function rejecting(path: string, ...lines: readonly number[]): Script {
  const findings = lines.map((line) => ({ path, line, severity: 'major', comment: `Line ${line} is not right yet.` }));
  return steps(finish({ decision: 'request-changes', summary: 'Not yet.', findings }));
}

/** What the review's first message shows of the change. */
export function reviewing(isGood: (request: ScriptedRequest) => boolean, bad: Script): Script {
  return (request) => (isGood(request) ? approving(request) : bad(request));
}

export function shows(request: ScriptedRequest, text: string): boolean {
  return userTexts(request).some((said) => said.includes(text));
}

/** One script for each time the agent is given work, in the words of our prompts. */
export function rounds(...scripts: readonly Script[]): Script {
  return byRound(
    /asks for changes|These checks failed|no longer merges|ended before it was done|says about this/,
    ...scripts,
  );
}

/** Another small command for each reply and never a result. */
export const endless: Script = (request) => ({
  calls: [{ name: 'bash', input: { command: `echo ${request.messages.length}` } }],
});

/** The same call again and again. */
export const looping: Script = () => ({ calls: [{ name: 'bash', input: { command: 'true' } }] });

/** Merges the base with one side's conflicting file replaced by `content`. */
export function resolving(path: string, content: string): Script {
  return steps(
    runCommand('git merge -q --no-commit origin/main || true'),
    writeFile(path, content),
    commit('Merge main'),
    finish({ title: 'Merge main', summary: 'Both sides kept.' }),
  );
}

export const wellBehaved: Script = byRole({
  dev: devWriting('src/hello.js', 'export const hello = 1;\n'),
  review: approving,
});

/** A door that a script waits at until the story opens it. */
export interface Door {
  open(): void;
  /** The script, answering once the door is open. */
  before(script: Script): Script;
}

export function door(): Door {
  const { promise, resolve } = Promise.withResolvers<void>();
  return {
    open: resolve,
    before: (script) => async (request) => {
      await promise;
      return script(request);
    },
  };
}

/** The roles as every world has them, with changes to each. */
export function rolesWith(changes: Readonly<Record<string, object>>): Readonly<Record<string, object>> {
  return {
    dev: { chain: ['anthropic/claude-sonnet-5-5'], runUsd: 5, concurrencyMax: 3, ...changes.dev },
    review: { chain: ['openai/gpt-5.4'], runUsd: 2, concurrencyMax: 3, ...changes.review },
    audit: { chain: ['anthropic/claude-opus-5-5'], runUsd: 2, concurrencyMax: 3, ...changes.audit },
    devops: { chain: ['compatible/gpt-5.4-mini'], runUsd: 3, ...changes.devops },
  };
}

export const HELLO = {
  title: 'Say hello',
  description: 'Add src/hello.js that exports hello.',
  movedBy: 'ada',
  priority: 2,
} as const;

export const BYE = {
  title: 'Say goodbye',
  description: 'Add src/bye.js that exports bye.',
  movedBy: 'grace',
  priority: 3,
} as const;
