/** Run as a process of its own: writes rows as fast as it can and says of each, on stdout, that it was acknowledged. */
import { writeSync } from 'node:fs';
import { openStore } from '../../src/store/open-store.ts';
import { NOON, sampleRecord, sampleRun } from './sample-rows.ts';

const [file, life] = process.argv.slice(2);
if (file === undefined || life === undefined) throw new Error('usage: kill-child.ts <file> <life>');

const journal = await openStore({ file, now: () => NOON, owner: life });
await journal.recover();
for (let index = 0; ; index += 1) {
  const name = `${life}-${index}`;
  const subject = { kind: 'issue', issueId: name } as const;
  await journal.claim(sampleRecord({ issueId: name }), null);
  acknowledge('claim', name);
  await journal.createRun(sampleRun({ id: name, subject, sessionId: name }));
  acknowledge('run', name);
  await journal.takeRun(name);
  await journal.appendMessage(name, name, 0, { kind: 'user', text: name });
  acknowledge('message', name);
  const caps = { run: 1e12, issue: 1e12, day: 1e12 };
  await journal.reserve({ runId: name, issueId: name, microUsd: 3, caps });
  acknowledge('reservation', name);
  await journal.intend({ key: name, kind: 'push-branch', subject: `issue:${name}`, detail: null });
  acknowledge('intent', name);
  await journal.confirm(name, 'outside');
  acknowledge('confirmation', name);
  await journal.updateRecord(name, 1, { reason: name });
  acknowledge('update', name);
}

/** Straight into the pipe: a line in a buffer would die with the process. */
function acknowledge(what: string, name: string): void {
  writeSync(1, `${what} ${name}\n`);
}
