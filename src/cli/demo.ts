/** `heartline demo`: starts the demonstration that ships beside the sources, on stand-ins for every outside service. */
import { existsSync } from 'node:fs';
import { Complaint } from './complaint.ts';

export async function demo(options: Readonly<Record<string, unknown>>): Promise<number> {
  const entry = new URL('../../test/demo/demo.ts', import.meta.url);
  if (!existsSync(entry))
    throw new Complaint('the demo runs from a clone of the repository, with its test folder and `npm ci` done');
  const { runDemo } = (await import(entry.href)) as { runDemo(options: unknown): Promise<number> };
  return runDemo({
    json: options.json === true,
    keep: options.keep === true,
    assert: options.assert === true,
    reviewerIdentity: options.reviewerIdentity === true,
    seed: wholeNumber('--seed', options.seed),
    kills: wholeNumber('--kill', options.kill),
  });
}

function wholeNumber(name: string, value: unknown): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 0)
    throw new Complaint(`${name} takes a whole number from 0 up, not "${String(value)}"`);
  return number;
}
