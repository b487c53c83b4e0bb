/** What a scripted agent hands in: the tree of a dev by its ticket's script, and what a judge says of one. */
import type { Cause, RunResult } from '../../../src/domain/run.ts';
import { edited, type Git, type Tree } from '../world/git.ts';

export interface AgentScript {
  /** What is handed in at first; a word in it decides what follows: `flaw` (review), `broken` (CI), `unmet` (audit). */
  readonly change: Readonly<Record<string, string | null>>;
  /** Runs of the author that end badly before the first that works. */
  readonly crashes: number;
  /** Never mends anything, however often it is sent back. */
  readonly stubborn: boolean;
  /** The first run asks a person and waits. */
  readonly asks: boolean;
  /** A reviewer who always finds something more. */
  readonly neverContent: boolean;
  /** Reviews that end badly before the first that works. */
  readonly reviewCrashes: number;
  readonly steps: number;
  readonly stepMs: number;
  readonly microUsdPerStep: number;
}

export const GOOD: AgentScript = {
  change: {},
  crashes: 0,
  stubborn: false,
  asks: false,
  neverContent: false,
  reviewCrashes: 0,
  steps: 2,
  stepMs: 20_000,
  microUsdPerStep: 50_000,
};

export interface Work {
  readonly script: AgentScript;
  readonly cause: Cause['kind'];
  /** Where its workspace stands. */
  readonly start: string;
  /** What must be taken in: the branch's head, and the base for a conflict. */
  readonly takeIn: readonly string[];
  /** Different each time, so that every round changes something. */
  readonly round: number;
  readonly attempt: number;
}

export function workedTree(git: Git, { script, cause, start, takeIn, round, attempt }: Work): Tree {
  let tree = git.get(start).tree;
  for (const other of takeIn) tree = merged(git, start, other, tree);
  if (cause === 'implement') {
    const again = attempt === 1 ? {} : { [`src/attempt-${attempt}.ts`]: 'once more' };
    return edited(tree, { ...script.change, ...again });
  }
  const own = Object.keys(script.change).filter((path) => tree.has(path));
  const changes = own.map((path, index) => {
    const text = tree.get(path) ?? '';
    const mended = script.stubborn ? text : mendedText(text, cause);
    return [path, index === 0 ? `${mended}\nround ${round}` : mended] as const;
  });
  const next = edited(tree, Object.fromEntries(changes));
  return script.stubborn ? next : new Map([...next].map(([path, text]) => [path, adapted(text, next)]));
}

function mendedText(text: string, cause: Cause['kind']): string {
  if (cause === 'findings') return text.replaceAll('flaw', 'sound').replaceAll('unmet', 'met');
  if (cause === 'checks-failed') return text.replaceAll('broken', 'mended');
  return text;
}

/** Follows what the tree says now, so that a clash with somebody else's change is gone. */
function adapted(text: string, tree: Tree): string {
  return text.replace(
    /^needs ([^=\n]+)=.*$/gm,
    (_line, path: string) => `needs ${path}=${tree.get(path)?.split('\n')[0]}`,
  );
}

/** Both sides where they differ: an agent resolves a conflict by keeping what each wanted. */
function merged(git: Git, start: string, other: string, mine: Tree): Tree {
  const base = git.get(git.mergeBase(start, other)).tree;
  const theirs = git.get(other).tree;
  const all = [...new Set([...base.keys(), ...mine.keys(), ...theirs.keys()])].sort();
  const entries = all.flatMap((path): (readonly [string, string])[] => {
    const [before, ours, yours] = [base.get(path), mine.get(path), theirs.get(path)];
    const text = ours === before ? yours : yours === before || yours === ours ? ours : `${yours ?? ''}\n${ours ?? ''}`;
    return text === undefined ? [] : [[path, text]];
  });
  return new Map(entries);
}

/** What an agent says to the remark with this id; no other answer holds it. */
export function answerTo(id: string): string {
  return `Thought about ${id}.`;
}

/** What asks why is answered in words, and nothing is changed for it. */
export function isQuestion(remark: string): boolean {
  return remark.startsWith('Why');
}

export type JudgeResult = Extract<RunResult, { kind: 'review' | 'audit' }>;

export function judged(
  git: Git,
  script: AgentScript,
  cause: Extract<Cause, { kind: 'review' | 'audit' }>,
): JudgeResult {
  const { head, base, digest } = cause;
  const { files } = git.change(base, head);
  const texts = files.map((path) => git.get(head).tree.get(path) ?? '');
  if (cause.kind === 'audit') {
    const met = !texts.some((text) => text.includes('unmet'));
    const criteria = [{ criterion: 'It does what was asked.', met, evidence: 'Looked.' }];
    return { kind: 'audit', decision: met ? 'pass' : 'fail', summary: 'Audited.', criteria, head, base, digest };
  }
  const bad = script.neverContent || texts.some((text) => text.includes('flaw'));
  const findings = bad
    ? [{ path: files[0] ?? 'src/app.ts', line: null, severity: 'major' as const, comment: 'Not so.' }]
    : [];
  return {
    kind: 'review',
    decision: bad ? 'request-changes' : 'approve',
    summary: 'Read it.',
    findings,
    head,
    base,
    digest,
  };
}
