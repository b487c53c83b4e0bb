/** The Sessions port: which runs are alive in this process, and how they are started, cancelled and drained. */
import type { Run } from '../domain/run.ts';
import type { LiveSession, Sessions } from '../heartbeat/ports.ts';
import { createDependencies } from './dependencies.ts';
import { runSession } from './session.ts';
import { type LiveState, type SessionsOptions, Stopped } from './session-options.ts';

export function createSessions(options: SessionsOptions): Sessions {
  const alive = new Map<string, Alive>();
  const dependencies = createDependencies(options);
  let draining = false;

  const start = (run: Run): void => {
    if (draining || alive.has(run.id)) return;
    const stop = new AbortController();
    const live: LiveState = { startedAt: options.now(), doing: 'starting', turns: 0, microUsd: 0, worstMicroUsd: 0 };
    const ended = runSession({ ...options, dependencies, run, signal: stop.signal, live }).finally(() =>
      alive.delete(run.id),
    );
    alive.set(run.id, { run, live, stop, ended });
    ended.then(
      (end) => {
        if (end) options.onEnd(run.id);
      },
      // Whatever reaches this point could not even be written down: another process owns the run, or the disk is full. What
      // is still ours the next tick goes on with.
      (error: unknown) => options.log.error({ run: run.id, err: error }, 'session lost'),
    );
  };

  return {
    start,
    cancel: async (runId, reason) => {
      const session = alive.get(runId);
      if (session === undefined) {
        const ended = await options.journal.endRun(runId, { state: 'cancelled', reason, result: null, model: null });
        if (ended) options.onEnd(runId);
        return;
      }
      session.stop.abort(new Stopped('cancel', reason));
      await session.ended.catch(() => false);
    },
    live: () => [...alive.values()].map(liveSession),
    drain: async () => {
      draining = true;
      const all = [...alive.values()];
      for (const session of all) session.stop.abort(new Stopped('drain', 'the bot is stopping'));
      await Promise.allSettled(all.map((session) => session.ended));
    },
  };
}

interface Alive {
  readonly run: Run;
  readonly live: LiveState;
  readonly stop: AbortController;
  /** True when the run's end was written. */
  readonly ended: Promise<boolean>;
}

function liveSession({ run, live }: Alive): LiveSession {
  return {
    runId: run.id,
    issueKey: run.issueKey,
    role: run.role,
    startedAt: live.startedAt,
    doing: live.doing,
    turns: live.turns,
    microUsd: live.microUsd,
  };
}
