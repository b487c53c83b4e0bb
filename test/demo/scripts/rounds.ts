/** What a work session was asked to do last, read from the words of the prompts. */
import type { ScriptedReply, ScriptedRequest } from '../../world/models/conversation.ts';
import { byRound, userTexts } from '../../world/models/scripted-agent.ts';

export type Asked = 'implement' | 'findings' | 'checks-failed' | 'conflict';

const WORDS: readonly { readonly asked: Asked; readonly words: RegExp }[] = [
  { asked: 'findings', words: /^A review of your work asks for changes\.$/m },
  { asked: 'checks-failed', words: /^These checks failed on (your|the branch's) last commit: /m },
  { asked: 'conflict', words: /^(Your|The) branch no longer merges into /m },
  { asked: 'implement', words: /^Do what the issue asks for, commit it, and call finish\.$/m },
];

const ANY = new RegExp(WORDS.map(({ words }) => `(?:${words.source})`).join('|'), 'm');

/** The script sees the newest round only. A crash or an answer opens none: the work that was under way goes on. */
export function inRounds(
  script: (asked: Asked, opening: string, request: ScriptedRequest) => ScriptedReply | Promise<ScriptedReply>,
) {
  return byRound(ANY, (request) => {
    const opening = userTexts(request)[0] ?? '';
    const asked = WORDS.find(({ words }) => words.test(opening))?.asked;
    if (asked === undefined) throw new Error(`No round opens with these words: ${opening.slice(0, OPENING_SHOWN)}`);
    return script(asked, opening, request);
  });
}

const OPENING_SHOWN = 200;

/** The commit that somebody else moved the branch to and that must be merged first; null when there is none. */
export function movedTo(opening: string): string | null {
  return /^The branch was moved to ([0-9a-f]{40}) by somebody else\./m.exec(opening)?.[1] ?? null;
}
