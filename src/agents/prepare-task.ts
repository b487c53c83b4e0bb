/** Finds out what a run works on and prepares its workspace: which commit, which branch, which rules. */
import type { IssueRecord } from '../domain/issue-record.ts';
import { OutsideError } from '../domain/outside-error.ts';
import type { PullRequest } from '../domain/pull-request.ts';
import type { Cause, Run } from '../domain/run.ts';
import type { RoleSettings } from '../domain/settings.ts';
import type { Workspace } from '../heartbeat/ports.ts';
import type { EquipRequest } from './dependencies.ts';
import type { Prompt } from './read-prompt.ts';
import { lateRoom, openRoom, type Room } from './room.ts';
import { CannotRun, type Session } from './session-options.ts';
import type { Transcript } from './transcript.ts';

interface TaskBase {
  readonly prompt: Prompt;
  readonly role: RoleSettings;
  readonly workspaceName: string;
  readonly room: Room;
  readonly baseBranch: string;
  /** Tip of the base branch, as the repository's instructions are read from it. */
  readonly baseTip: string;
  /** The cause this run goes back to when it only repeats one that ended badly. */
  readonly root: { readonly runId: string; readonly cause: Cause };
}

export interface WorkTask extends TaskBase {
  readonly kind: 'work';
  readonly record: IssueRecord;
  readonly verify: readonly string[];
  /** A head on the branch that could not be taken over because the tree has commits of its own. */
  readonly behind: string | null;
}

/** Work on a copy that is thrown away: what is written there is collected by nobody. */
export interface JudgeTask extends TaskBase {
  readonly kind: 'review' | 'audit';
  readonly cause: Extract<Cause, { readonly kind: 'review' | 'audit' }>;
  readonly record: IssueRecord | null;
  readonly pullRequest: PullRequest | null;
}

export type Task = WorkTask | JudgeTask;

export async function prepareTask(session: Session, transcript: Transcript): Promise<Task> {
  const { run, prompts, settings } = session;
  const prompt = prompts.get(run.role);
  if (prompt === undefined) throw new CannotRun(`There is no prompt for the role ${run.role}.`);
  const role = settings().roles[run.role];
  if (role === undefined) throw new CannotRun(`No settings for the role ${run.role}: add roles.${run.role}.`);
  const root = await rootCause(session, transcript);
  return prompt.result === 'work'
    ? await prepareWork(session, { prompt, role, root })
    : await prepareJudge(session, prompt.result, { prompt, role, root });
}

type Beginning = Pick<TaskBase, 'prompt' | 'role' | 'root'>;

async function prepareWork(session: Session, beginning: Beginning): Promise<WorkTask> {
  const record = await recordOf(session);
  if (record === null) throw new CannotRun('There is no record of this issue.');
  const project = session.settings().projects.find((candidate) => candidate.name === record.project);
  if (project === undefined) throw new CannotRun(`The project ${record.project} is no longer configured.`);
  const baseTip = await currentTip(session, record.baseBranch, record.head);
  const workspaceName = `${record.key}-${record.attempt}`;
  const workspace = await session.workspaces.prepare({
    repository: session.run.repository,
    name: workspaceName,
    branch: record.branch,
    start: record.head ?? baseTip,
    readOnly: false,
  });
  const room = await roomOf(session, workspace, beginning.role, { project, baseTip });
  const behind = workspace.fresh ? null : await catchUp(room, record);
  const { baseBranch } = record;
  const { verify } = project;
  return { kind: 'work', ...beginning, record, workspaceName, room, baseBranch, baseTip, behind, verify };
}

async function prepareJudge(session: Session, kind: JudgeTask['kind'], beginning: Beginning): Promise<JudgeTask> {
  const { run } = session;
  const { cause } = beginning.root;
  if (cause.kind !== 'review' && cause.kind !== 'audit')
    throw new CannotRun(`The role ${run.role} cannot be dispatched for ${cause.kind}.`);
  const record = await recordOf(session);
  const subject = run.subject;
  const pullRequest =
    subject.kind === 'pull-request' ? await session.pullRequest(subject.repository, subject.number) : null;
  const baseBranch = record?.baseBranch ?? pullRequest?.baseBranch;
  if (baseBranch === undefined) throw new CannotRun('What was to be judged is gone.');
  const baseTip = await currentTip(session, baseBranch, cause.head);
  const about = subject.kind === 'pull-request' ? subject.number : (record?.pullRequest ?? run.issueKey);
  const workspaceName = `${kind}-${about}-${cause.head.slice(0, HEAD_DIGITS)}`;
  const { projects } = session.settings();
  const project =
    projects.find(({ name }) => name === record?.project) ??
    projects.find(({ repository }) => repository === run.repository) ??
    null;
  const open = async (): Promise<Room> => {
    const workspace = await session.workspaces.prepare({
      repository: run.repository,
      name: workspaceName,
      branch: `heartline-${kind}`,
      start: cause.head,
      readOnly: false,
    });
    return roomOf(session, workspace, beginning.role, { project, baseTip });
  };
  // The change itself is told in words, and who needs no more than that needs no copy. A program of its own starts in one.
  const room = (beginning.role.driver ?? 'api') === 'api' ? lateRoom(open) : await open();
  return { kind, ...beginning, cause, record, pullRequest, workspaceName, room, baseBranch, baseTip };
}

const HEAD_DIGITS = 12;

async function recordOf({ journal, run }: Session): Promise<IssueRecord | null> {
  return run.subject.kind === 'issue' ? await journal.record(run.subject.issueId) : null;
}

/** The base's tip, with all that is needed of it and of `head` here. What the last look at the forge saw is not fetched again. */
async function currentTip(session: Session, branch: string, head: string | null): Promise<string> {
  const { mirror, run } = session;
  const isHere = async (tip: string) => head === null || (await mirror.diff(run.repository, tip, head)) !== null;
  const kept = await mirror.tip(run.repository, branch);
  if (kept !== null && kept === session.seenTip?.(run.repository, branch) && (await isHere(kept))) return kept;
  await mirror.refresh(run.repository);
  const tip = await mirror.tip(run.repository, branch);
  if (tip === null) throw new CannotRun(`${run.repository} has no branch ${branch}.`);
  // The head of a fork's pull request is on no branch: having asked for it makes the next refresh fetch it.
  if (!(await isHere(tip))) await mirror.refresh(run.repository);
  return tip;
}

async function roomOf(
  session: Session,
  workspace: Workspace,
  role: RoleSettings,
  build: Pick<EquipRequest, 'project' | 'baseTip'>,
): Promise<Room> {
  const deadline = session.run.createdAt + role.minutesMax * 60_000;
  const { isolation, signal, now } = session;
  const leftMs = () => deadline - now();
  const onStep = (doing: string) => {
    session.live.doing = doing;
  };
  const equipment = await session.dependencies.equip({ ...build, workspace, signal, leftMs, onStep });
  return openRoom({ isolation, workspace, readOnly: false, signal, leftMs, equipment });
}

/**
 * Brings a workspace of an earlier run up to the branch's head: a person, or an update by the forge, may have moved it.
 * Only forward: where both sides have commits, the agent merges, because it alone knows what its own were for.
 */
async function catchUp(room: Room, record: IssueRecord): Promise<string | null> {
  const fetched = await room.exec(['bash', '-c', FETCH]);
  if (fetched.exitCode !== 0) throw new OutsideError('invalid', 'fetch in the workspace', fetched.output.slice(-500));
  if (record.head === null) return null;
  const known = await room.exec(['git', 'merge-base', '--is-ancestor', record.head, 'HEAD']);
  if (known.exitCode === 0) return null;
  const merged = await room.exec(['git', 'merge', '-q', '--ff-only', record.head]);
  return merged.exitCode === 0 ? null : record.head;
}

/** Nothing runs in the room now, so whatever lock stands there was held by something that was killed. */
const FETCH =
  "find .git -name '*.lock' -type f -not -path '.git/objects/*' -delete 2>/dev/null; exec git fetch -q origin";

/** A crashed run is repeated for the cause of the one before it; an answer goes to what the session was doing. */
async function rootCause(session: Session, transcript: Transcript): Promise<Task['root']> {
  let run: Run = session.run;
  for (let step = 0; step < RUNS_FOLLOWED_MAX; step += 1) {
    const before = await runBefore(run, session, transcript);
    if (before === null) break;
    run = before;
  }
  if (session.run.role === 'review' && run.cause.kind !== 'review') {
    for (const id of transcript.runIds) {
      const earlier = await session.journal.run(id);
      if (earlier?.cause.kind === 'review') return { runId: earlier.id, cause: earlier.cause };
    }
  }
  return { runId: run.id, cause: run.cause };
}

const RUNS_FOLLOWED_MAX = 50;

/** The run that this one goes on for; null where it has a cause of its own. */
async function runBefore({ id, cause }: Run, { journal, run }: Session, { runIds }: Transcript): Promise<Run | null> {
  if (cause.kind === 'crashed') return journal.run(cause.runId);
  if (cause.kind !== 'answer') return null;
  const at = runIds.indexOf(id);
  const last = (at === -1 && id === run.id ? runIds : runIds.slice(0, Math.max(0, at))).at(-1);
  const before = last === undefined ? null : await journal.run(last);
  return before === null || before.state === 'succeeded' ? null : before;
}
