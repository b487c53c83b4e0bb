/** A thread that works on jobs until there are no more. */
import { parentPort } from 'node:worker_threads';
import { type Job, workOn } from './job.ts';
import { hunt } from './mutants/hunt.ts';

const port = parentPort;
port?.on('message', async (job: Job) => {
  port.postMessage(job.kind === 'hunt' ? await hunt(job.mutant, job.seeds) : await workOn(job));
});
