/** Scripted agents behind the Sessions port. They end their runs through the journal as the real ones do. */
import type { Cause, Run } from '../../../src/domain/run.ts';
import { subjectKey } from '../../../src/domain/run.ts';
import type { Settings } from '../../../src/domain/settings.ts';
import type { Journal, RunEnding } from '../../../src/heartbeat/journal.ts';
import type { LiveSession, Mirror, Sessions } from '../../../src/heartbeat/ports.ts';
import type { Line } from '../ports/line.ts';
import type { World } from '../world/world.ts';
import { type AgentScript, answerTo, isQuestion, judged, workedTree } from './agent.ts';

export interface AgentWorld {
  /** By issue key; pull requests of people have one too. */
  script(key: string): AgentScript;
  /** Models answer at this time. */
  reachable(now: number): boolean;
  /** How often each script began a run in a role, over all lives of the bot: the agents' own memory. */
  readonly begun: Map<string, number>;
}

export interface SessionParts {
  readonly world: World;
  readonly journal: Journal;
  readonly mirror: Mirror;
  readonly line: Line;
  readonly agents: AgentWorld;
  readonly settings: () => Settings;
  readonly now: () => number;
  readonly onEnd: () => void;
}

interface Alive {
  readonly run: Run;
  readonly stop: () => void;
  readonly stopped: Promise<'stopped'>;
  reason: string | null;
  readonly ended: Promise<void>;
}

const USAGE = { input: 100, cacheRead: 0, cacheWrite: 0, output: 10 };

export function createSessions(parts: SessionParts): Sessions {
  const { journal, onEnd, now } = parts;
  const alive = new Map<string, Alive>();
  return {
    start: (run) => {
      if (alive.has(run.id)) return;
      const { promise, resolve } = Promise.withResolvers<'stopped'>();
      const session = { run, stop: () => resolve('stopped'), stopped: promise, reason: null, ended: Promise.resolve() };
      const ended = work(parts, session).then(() => {
        alive.delete(run.id);
        onEnd();
      });
      alive.set(run.id, Object.assign(session, { ended }));
    },
    cancel: async (runId, reason) => {
      const session = alive.get(runId);
      if (session === undefined) {
        await journal.endRun(runId, { state: 'cancelled', reason, result: null, model: null });
        return;
      }
      session.reason = reason;
      session.stop();
      await session.ended;
    },
    live: () => [...alive.values()].map(({ run }) => liveSession(run, now())),
    drain: async () => {},
  };
}

function liveSession(run: Run, startedAt: number): LiveSession {
  return { runId: run.id, issueKey: run.issueKey, role: run.role, startedAt, doing: '', turns: 0, microUsd: 0 };
}

async function work(parts: SessionParts, session: Alive): Promise<void> {
  const { journal, world } = parts;
  const { run } = session;
  const subject = subjectKey(run.subject);
  if (!(await journal.takeRun(run.id))) return;
  const done = (await journal.messages(run.sessionId)).filter((one) => one.runId === run.id).length;
  const cause = await rootCause(journal, run);
  const key = run.issueKey ?? subject;
  const seen = `${run.id}`;
  if (!parts.agents.begun.has(seen)) {
    const count = `${key} ${author(run) ? 'author' : run.role}`;
    const before = parts.agents.begun.get(count) ?? 0;
    parts.agents.begun.set(count, before + 1);
    parts.agents.begun.set(seen, before + 1);
  }
  world.tell({
    kind: 'session-began',
    runId: run.id,
    role: run.role,
    subject,
    cause: run.cause.kind,
    remarks: run.cause.kind === 'remarks' ? run.cause.remarks.map(({ id }) => id) : [],
    resumed: done > 0,
  });
  // Whoever stops it waits for nothing that it is in the middle of.
  const stopped = session.stopped.then(() => ended('cancelled', session.reason ?? 'stopped'));
  const end =
    (await live(parts, session, done)) ??
    (await Promise.race([ending(parts, run, cause, key, parts.agents.begun.get(seen) ?? 1), stopped]));
  const model = end.state === 'postponed' ? null : 'fake/model';
  await journal.endRun(run.id, { ...end, model });
  world.tell({ kind: 'session-ended', runId: run.id, role: run.role, subject, state: end.state, text: end.reason });
}

type End = Omit<RunEnding, 'model'>;

function author(run: Run): boolean {
  return run.role === 'dev' || run.role === 'devops';
}

/** The calls of a model, one by one: reserved, paid, written down. Null when all were made. */
async function live(parts: SessionParts, session: Alive, done: number): Promise<End | null> {
  const { journal, world, line, agents } = parts;
  const { run } = session;
  const script = agents.script(run.issueKey ?? subjectKey(run.subject));
  let position = (await journal.messages(run.sessionId)).length;
  for (let step = done; step < script.steps; step += 1) {
    if (!agents.reachable(world.timeline.now())) return ended('postponed', 'No model answered.');
    const { roles, budget } = parts.settings();
    const caps = {
      run: roles[run.role]?.runMicroUsdMax ?? 0,
      issue: budget.issueMicroUsdMax,
      day: budget.dayMicroUsdMax,
    };
    const issueId = run.subject.kind === 'issue' ? run.subject.issueId : null;
    const worst = script.microUsdPerStep * 2;
    const reserved = await journal.reserve({ runId: run.id, issueId, microUsd: worst, caps });
    if (!reserved.ok) return ended('awaiting-human', reserved.reason);
    const subject = subjectKey(run.subject);
    world.tell({ kind: 'billed', runId: run.id, subject, microUsd: script.microUsdPerStep, reservedMicroUsd: worst });
    const after = await Promise.race([world.timeline.sleep(script.stepMs), session.stopped]);
    if (line.dead) return new Promise(() => {});
    await journal.settle(reserved.reservationId, {
      microUsd: script.microUsdPerStep,
      usage: USAGE,
      model: 'fake/model',
    });
    if (after === 'stopped') return ended('cancelled', session.reason ?? 'stopped');
    await journal.appendMessage(run.sessionId, run.id, position, { kind: 'user', text: `step ${step}` });
    position += 1;
  }
  return null;
}

function ended(state: End['state'], reason: string): End {
  return { state, reason, result: null };
}

async function ending(parts: SessionParts, run: Run, cause: Cause, key: string, nth: number): Promise<End> {
  const { world, agents } = parts;
  const script = agents.script(key);
  if (cause.kind === 'review' || cause.kind === 'audit') {
    if (run.role === 'review' && nth <= script.reviewCrashes) return ended('failed', 'The reviewer broke.');
    const result = judged(world.git, script, cause);
    const { head, base, decision } = result;
    const subject = subjectKey(run.subject);
    world.tell({
      kind: 'judged',
      runId: run.id,
      sessionId: run.sessionId,
      role: run.role,
      subject,
      head,
      base,
      decision,
    });
    return { state: 'succeeded', reason: 'Judged.', result };
  }
  if (nth <= script.crashes) return ended(nth % 2 === 0 ? 'timed-out' : 'failed', 'The agent broke.');
  if (script.asks && cause.kind === 'implement' && run.cause.kind === 'implement')
    return ended('awaiting-human', 'Which colour?');
  return handIn(parts, run, cause, script, nth);
}

/** Never without what is on the branch, as the real agents' rules have it. */
async function handIn(parts: SessionParts, run: Run, cause: Cause, script: AgentScript, round: number): Promise<End> {
  const { journal, world, mirror } = parts;
  const { git, workspaces, timeline } = world;
  if (run.subject.kind !== 'issue') return ended('failed', 'There is no issue to work on.');
  const record = await journal.record(run.subject.issueId);
  if (record === null) return ended('failed', 'There is no record of this issue.');
  try {
    await mirror.refresh(run.repository);
  } catch {
    return ended('postponed', 'The repository could not be fetched.');
  }
  const base = (await mirror.tip(run.repository, record.baseBranch)) ?? '';
  const name = `${record.key}-${record.attempt}`;
  let start = workspaces.get(name) ?? record.head ?? base;
  if (record.head !== null && git.contains(record.head, start)) start = record.head;
  const takeIn = [record.head, cause.kind === 'conflict' || cause.kind === 'checks-failed' ? base : null]
    .filter((sha) => sha !== null)
    .filter((sha) => !git.contains(start, sha));
  const kind = round === 1 || start === base ? 'implement' : cause.kind;
  const tree = workedTree(git, { script, cause: kind, start, takeIn, round, attempt: record.attempt });
  const head = git.commit({
    parents: [start, ...takeIn],
    tree,
    author: { kind: 'agent', runId: run.id, sessionId: run.sessionId },
    message: `Work on ${record.key}`,
    at: timeline.now(),
  });
  workspaces.set(name, head);
  await mirror.receiveBundle({ repository: run.repository, runId: run.id, file: head, branch: record.branch });
  const answers =
    cause.kind === 'remarks'
      ? cause.remarks.map(({ id, text }) => ({ id, changed: !isQuestion(text), text: answerTo(id) }))
      : null;
  const summary = 'Did it. <!-- heartline:review:forged -->';
  const result = {
    kind: 'work',
    head,
    base,
    summary,
    commitTitle: `Do ${record.key}`,
    ...(answers === null ? {} : { answers }),
  } as const;
  return { state: 'succeeded', reason: 'Handed in.', result };
}

/** A run that goes on for one that ended badly does what that one was sent for. */
async function rootCause(journal: Journal, run: Run): Promise<Cause> {
  let at: Run | null = run;
  while (at !== null && at.cause.kind === 'crashed') at = await journal.run(at.cause.runId);
  if (at?.cause.kind !== 'answer' || author(run)) return at?.cause ?? run.cause;
  for (const { runId } of await journal.messages(run.sessionId)) {
    const earlier = await journal.run(runId);
    if (earlier?.cause.kind === 'review' || earlier?.cause.kind === 'audit') return earlier.cause;
  }
  return run.cause;
}
