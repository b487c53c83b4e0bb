/**
 * Calls at the times of a cron expression. node-cron only reads the expression here: its own timer sleeps until a time of
 * day, so a clock that was put back by an hour stopped it for an hour, and after one that was put forward it went through
 * every time in between, one warning each. This one looks at the clock each second, by a timer that no clock moves.
 */
import { createTask } from 'node-cron';
import { dueTimes } from './due-times.ts';

export interface CronTimer {
  msToNext(): number;
  stop(): void;
}

const LOOK_MS_MAX = 1_000;

export function cronTimer(cron: string, timezone: string, call: () => void): CronTimer {
  const task = createTask(cron, () => {}, { timezone });
  const times = dueTimes(Date.now, () => task.getNextRuns(1)[0]?.getTime() ?? Number.POSITIVE_INFINITY);
  let timer = wait();
  return {
    msToNext: times.msToNext,
    stop: () => {
      clearTimeout(timer);
      void task.destroy();
    },
  };

  function wait(): NodeJS.Timeout {
    return setTimeout(look, Math.min(times.msToNext(), LOOK_MS_MAX));
  }

  function look(): void {
    const due = times.look();
    // Before the call, which may stop it.
    timer = wait();
    if (due) call();
  }
}
