/** Two threads that share one list of jobs. Whoever is free takes the next. */
import { Worker } from 'node:worker_threads';
import type { Job, JobResult } from './job.ts';

const THREADS = 2;

/** `done` hears of each result as it comes, with its job; results are not in the jobs' order. */
export async function workTogether(jobs: readonly Job[], done: (job: Job, result: JobResult) => void): Promise<void> {
  const waiting = [...jobs];
  await Promise.all(Array.from({ length: Math.min(THREADS, jobs.length) }, () => oneThread(waiting, done)));
}

function oneThread(waiting: Job[], done: (job: Job, result: JobResult) => void): Promise<void> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url));
  return new Promise((resolve, reject) => {
    let current: Job | null = null;
    const next = (): void => {
      current = waiting.shift() ?? null;
      if (current === null) void worker.terminate().then(() => resolve());
      else worker.postMessage(current);
    };
    worker.on('message', (result: JobResult) => {
      if (current !== null) done(current, result);
      next();
    });
    worker.on('error', reject);
    next();
  });
}
