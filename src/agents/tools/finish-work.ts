/**
 * `finish` of work: plain code looks before anybody is believed. Everything committed on the right branch, something
 * new there, the verify commands green; then the commits leave the room as a bundle.
 */
import { z } from 'zod';
import { OutsideError } from '../../domain/outside-error.ts';
import type { Remark } from '../../domain/run.ts';
import type { ToolSpec, TranscriptMessage } from '../../domain/transcript.ts';
import { headAndTail, SHOWN_CHARACTERS_MAX } from '../cap-output.ts';
import type { WorkTask } from '../prepare-task.ts';
import { endAs, type Session } from '../session-options.ts';
import { strictSchema } from '../strict-schema.ts';
import { type Finish, rejected } from './finish.ts';
import { invalidInput } from './tool.ts';

const TITLE_CHARACTERS_MAX = 200;
const SUMMARY_CHARACTERS_MAX = 10_000;
const ANSWERS_MAX = 100;

const input = z.strictObject({
  title: z.string().trim().min(1).max(TITLE_CHARACTERS_MAX),
  summary: z.string().trim().min(1).max(SUMMARY_CHARACTERS_MAX),
  // Shown as required, taken when missing: most work answers nobody.
  answers: z
    .array(z.strictObject({ id: z.string(), changed: z.boolean(), text: z.string().trim().min(1) }))
    .max(ANSWERS_MAX)
    .default([]),
});

export const finishWorkSpec: ToolSpec = {
  name: 'finish',
  description: 'Hand in the committed work and end. The title says what the change does.',
  schema: strictSchema(input),
};

/** How often red verify commands go back to the agent before the run is given up. */
const VERIFY_RETURNED_MAX = 3;
const VERIFY_TIMEOUT_MS = 20 * 60_000;
const VERIFY_FAILED = 'the verify command failed';

export async function finishWork(
  given: unknown,
  session: Session,
  task: WorkTask,
  own: readonly TranscriptMessage[],
): Promise<Finish> {
  const parsed = input.safeParse(given);
  if (!parsed.success) return { kind: 'rejected', text: invalidInput('finish', parsed.error).text };
  const { title, summary, answers } = parsed.data;
  const remarks = remarksOf(task);
  const missing = remarks.filter((remark) => !answers.some((answer) => answer.id === remark.id));
  if (missing.length > 0) {
    const ids = missing.map((remark) => remark.id).join(', ');
    return rejected(`answers lacks ${ids}: answer every remark, each under its own id.`);
  }
  // Who says that something changed has something to commit.
  const bundle = `${task.room.workspace.out}/work.bundle`;
  const tree = await lookAtTree(task, mayRest(task) && answers.every((answer) => !answer.changed), bundle);
  if (typeof tree === 'string') return rejected(tree);
  for (const command of task.verify) {
    session.live.doing = `verify: ${command}`;
    const red = await verify(command, task);
    if (red === null) continue;
    if (timesReturned(own) < VERIFY_RETURNED_MAX) return rejected(red);
    const reason = `The verify command \`${command}\` was still failing at the ${VERIFY_RETURNED_MAX + 1}th try.`;
    return { kind: 'ended', end: endAs('failed', reason) };
  }
  session.live.doing = 'handing over';
  const head = tree.unchanged ?? (await handOver(session, task, bundle, tree.head));
  if (typeof head !== 'string') return head;
  const known = answers.filter((answer) => remarks.some((remark) => remark.id === answer.id));
  const said = known.length === 0 ? {} : { answers: known };
  return { kind: 'accepted', result: { kind: 'work', head, base: tree.base, summary, commitTitle: title, ...said } };
}

const NOT_BUNDLED = '(not bundled)';

/**
 * One look, one process, because each has a room of its own: branch, merge base, new commits, and what is not committed.
 * Where that is nothing, the commits are put into the bundle $3 right away. A bundle whose making was killed leaves a lock,
 * and nobody else is at work here.
 */
const LOOK = `
git symbolic-ref -q --short HEAD || echo '(no branch)'
git rev-parse HEAD
git merge-base HEAD "origin/$1" || echo '(none)'
if [ -z "$2" ]; then git rev-list --count HEAD --not --remotes=origin
elif git merge-base --is-ancestor "$2" HEAD; then git rev-list --count "$2..HEAD"
else echo '(rewritten)'; fi
changed=$(git status --porcelain) || exit
if [ -n "$changed" ]; then printf '%s\n' "$changed"; exit; fi
if [ -z "$3" ]; then exit; fi
rm -rf -- "$3" "$3.lock"
said=$(git bundle create -q "$3" "refs/heads/$4" --not --remotes=origin 2>&1) || printf '${NOT_BUNDLED} %s\n' "$(printf '%s' "$said" | tail -c 500)"`;

/** Who was only asked something may have nothing to commit. */
export function mayRest(task: WorkTask): boolean {
  return remarksOf(task).length > 0;
}

/** What the files come to, committed or not; a change of it is a change of them. */
export async function treeNow({ room }: WorkTask): Promise<string> {
  const { output } = await room.exec(['bash', '-c', TREE]);
  return output.trim().slice(-TREE_DIGITS);
}

const TREE = `
GIT_INDEX_FILE="$(mktemp)"; export GIT_INDEX_FILE
cp "$(git rev-parse --git-dir)/index" "$GIT_INDEX_FILE" 2>/dev/null || rm -f "$GIT_INDEX_FILE"
git add -A 2>/dev/null; git write-tree 2>/dev/null; rm -f "$GIT_INDEX_FILE"`;
const TREE_DIGITS = 40;

/** A sentence that says what is not done yet, or where what is done stands and begins; then it is in the bundle asked for. */
export async function lookAtTree(
  { room, record }: WorkTask,
  resting: boolean,
  bundle = '',
): Promise<string | { readonly head: string; readonly base: string; readonly unchanged: string | null }> {
  const about = [record.baseBranch, record.head ?? '', bundle, record.branch];
  const look = await room.exec(['bash', '-c', LOOK, 'look', ...about]);
  // Cut short, it may not have come to what is not committed.
  if (look.exitCode !== 0) return `the checkout could not be looked at: ${look.output.slice(-500)}`;
  const [branch = '', head = '', base = '', commits = '', ...rest] = look.output.trimEnd().split('\n');
  const unbundled = rest[0]?.startsWith(NOT_BUNDLED) === true ? rest.join('\n').slice(NOT_BUNDLED.length).trim() : null;
  const uncommitted = unbundled === null ? rest : [];
  if (uncommitted.length > 0) {
    return `these changes are not committed; commit or remove them:\n${uncommitted.slice(0, LISTED_MAX).join('\n')}`;
  }
  if (branch !== record.branch) return `the checkout is on ${branch}; the work belongs on ${record.branch}.`;
  if (commits === '(rewritten)') return `the branch no longer contains ${record.head}; merge that commit into it.`;
  if (!/^[0-9a-f]{40}$/.test(base)) return `the branch has no commit in common with origin/${record.baseBranch}.`;
  if (/^[1-9]\d*$/.test(commits)) {
    return unbundled === null ? { head, base, unchanged: null } : `the commits could not be bundled: ${unbundled}`;
  }
  return resting && record.head !== null
    ? { head, base, unchanged: record.head }
    : 'there is no new commit on the branch.';
}

const LISTED_MAX = 20;

function remarksOf({ root }: WorkTask): readonly Remark[] {
  return root.cause.kind === 'remarks' ? root.cause.remarks : [];
}

/** Null when it passes, else what it said. */
export async function verify(command: string, { room }: WorkTask): Promise<string | null> {
  const result = await room.exec(['bash', '-c', command], { timeoutMs: VERIFY_TIMEOUT_MS });
  if (result.exitCode === 0) return null;
  const { output } = result;
  const shown = output.length > SHOWN_CHARACTERS_MAX ? headAndTail(output, 'Run it yourself for the rest') : output;
  const how = result.timedOut ? 'it took too long' : `exit code ${result.exitCode ?? 'none'}`;
  return `${VERIFY_FAILED}: ${command} (${how})\n${shown}`;
}

/** Counted in the transcript, so that a restart does not grant new tries. */
function timesReturned(own: readonly TranscriptMessage[]): number {
  return own.filter(
    (message) =>
      message.kind === 'tool-results' &&
      message.results.some((result) => result.name === 'finish' && result.text.includes(VERIFY_FAILED)),
  ).length;
}

/** Verify commands are the agent's code, and run between the look and this: no other head than the one looked at is taken. */
async function handOver(session: Session, { record }: WorkTask, file: string, head: string): Promise<string | Finish> {
  const { mirror, run } = session;
  try {
    const taken = await mirror.receiveBundle({
      repository: run.repository,
      runId: run.id,
      file,
      branch: record.branch,
    });
    return taken === head
      ? head
      : rejected(`the branch was at ${head} and ${taken} was handed over: call finish again.`);
  } catch (error) {
    // What the agent made is wrong, so the agent must hear it; anything else is our trouble.
    if (error instanceof OutsideError && (error.kind === 'invalid' || error.kind === 'refused')) {
      return rejected(`the commits were not taken: ${error.message}`);
    }
    throw error;
  }
}
