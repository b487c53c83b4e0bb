/** The life of one run: take it, prepare the room and the transcript, loop, write its end. */
import { OutsideError } from '../domain/outside-error.ts';
import { openingMessage } from './opening-message.ts';
import { prepareTask, type Task } from './prepare-task.ts';
import { runLoop } from './run-loop.ts';
import { CannotRun, endAs, type RunEnd, type Session, Stopped } from './session-options.ts';
import { closedWith, INTERRUPTED, openCalls, openTranscript, type Transcript } from './transcript.ts';

/** True when this session wrote the run's end; false when the run is left to another process. */
export async function runSession(session: Session): Promise<boolean> {
  const { journal, log, run, signal } = session;
  if (!(await journal.takeRun(run.id))) return false;
  const used: Used = { model: run.model, task: null, changes: [] };
  let end: RunEnd;
  try {
    end = await work(session, used);
  } catch (error) {
    const stopped: unknown = signal.aborted ? signal.reason : error;
    // Another process wrote to this session: the run is theirs now.
    if (error instanceof Error && error.name === 'StaleWrite') throw error;
    if (stopped instanceof Stopped && stopped.kind === 'drain') return false;
    end = endOf(stopped);
    if (!(stopped instanceof Stopped)) log.error({ run: run.id, err: error }, 'session failed');
  } finally {
    await leaveRoom(session, used.task);
  }
  await releaseThrowAway(session, used.task);
  const reason = [end.reason, ...used.changes].join(' ');
  const written = await journal.endRun(run.id, { ...end, reason, model: used.model });
  log.info({ run: run.id, role: run.role, state: end.state, turns: session.live.turns }, end.reason);
  return written;
}

/** What is known of a run beside its end. */
interface Used {
  model: string | null;
  task: Task | null;
  /** Models that were given up for others. */
  readonly changes: string[];
}

async function work(session: Session, used: Used): Promise<RunEnd> {
  const { journal, run } = session;
  const transcript = await openTranscript(journal, run.sessionId, run.id);
  session.live.microUsd = await journal.runSpend(run.id);
  const task = await prepareTask(session, transcript);
  used.task = task;
  await closeOpenCalls(session, transcript);
  if (!transcript.has(run.id)) {
    await transcript.append({ kind: 'user', text: await openingMessage(session, task, transcript) });
  }
  return await runLoop({
    session,
    task,
    transcript,
    onModel: (model) => {
      used.model = model;
    },
    onChange: (sentence) => used.changes.push(sentence),
  });
}

/**
 * A restart or an earlier run's end may have left calls without results. `finish` and `ask` alone are kept open: doing
 * either once more is the same as doing it once.
 */
async function closeOpenCalls(session: Session, transcript: Transcript): Promise<void> {
  const calls = openCalls(transcript);
  if (calls.length === 0) return;
  const owner = transcript.own.at(-1) === transcript.all.at(-1) ? session.run.id : transcript.runIds.at(-1);
  if (owner === session.run.id) {
    if (calls.every((call) => call.name === 'finish' || call.name === 'ask')) return;
    await transcript.append(closedWith(calls, () => INTERRUPTED));
    return;
  }
  const earlier = owner === undefined ? null : await session.journal.run(owner);
  const accepted = earlier?.state === 'succeeded';
  const answered = session.run.cause.kind === 'answer' ? ANSWER_FOLLOWS : NO_ANSWER;
  await transcript.append(
    closedWith(calls, (name) => {
      if (name === 'ask') return answered;
      return accepted && name === 'finish' ? ACCEPTED : INTERRUPTED;
    }),
  );
}

const ACCEPTED = 'accepted';
const ANSWER_FOLLOWS = 'A person answered; the answer follows.';
const NO_ANSWER = 'Nobody answered. Decide for yourself and say in your summary what you assumed.';

function endOf(error: unknown): RunEnd {
  if (error instanceof Stopped) return endAs('cancelled', error.message);
  if (error instanceof CannotRun) return endAs('failed', error.message);
  if (error instanceof OutsideError) {
    // What was out of reach or asked us to wait is no fault of the agent's: the same session goes on later.
    return endAs(error.transient ? 'postponed' : 'failed', `Something outside failed: ${error.message}.`);
  }
  return endAs('failed', `The session broke: ${error instanceof Error ? error.message : String(error)}.`);
}

/** Ends what the room kept between commands; the workspace itself stays for whoever resumes. */
async function leaveRoom({ isolation, log, run }: Session, task: Task | null): Promise<void> {
  if (task === null) return;
  try {
    await isolation.dispose(task.workspaceName);
  } catch (error) {
    log.warn({ run: run.id, err: error }, 'a room was not ended, the next start will find it');
  }
}

/** A judge's clone holds nothing that anybody wants; an issue's workspace is released with the issue. */
async function releaseThrowAway({ workspaces, log, run }: Session, task: Task | null): Promise<void> {
  if (task === null || task.kind === 'work') return;
  try {
    await workspaces.release(task.workspaceName);
  } catch (error) {
    log.warn({ run: run.id, err: error }, 'workspace not released, the sweep will find it');
  }
}
