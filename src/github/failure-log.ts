/** What a failed check says, short enough for a prompt: its link, its failing step, its annotations, the end of its log. */
import { stripVTControlCharacters } from 'node:util';
import { z } from 'zod';
import { OutsideError } from '../domain/outside-error.ts';
import type { Check } from '../domain/pull-request.ts';
import { ACTIONS_APP, jobIdOf } from './actions-job.ts';
import type { GithubClient } from './github-client.ts';
import { pathOf } from './repository-name.ts';

/** Of the whole text, in UTF-8. */
const FAILURE_BYTES_MAX = 20_000;
const SUMMARY_CHARACTERS_MAX = 3_000;
const ANNOTATIONS_MAX = 20;

const run = z.object({
  details_url: z.string().nullish(),
  output: z.object({ title: z.string().nullish(), summary: z.string().nullish(), text: z.string().nullish() }),
});
const annotations = z.array(
  z.object({
    path: z.string(),
    start_line: z.number(),
    annotation_level: z.string().nullish(),
    message: z.string().nullish(),
  }),
);

export async function readFailureLog(client: GithubClient, repository: string, check: Check): Promise<string> {
  const attempted = `read why ${check.name} failed in ${repository}`;
  const heading = [
    `Check: ${check.name} (${check.state}) on ${check.sha}`,
    ...(check.url === null ? [] : [`Link: ${check.url}`]),
  ];
  if (check.kind === 'status' || check.id === null) {
    return fitted([...heading, 'This is a commit status: GitHub keeps no log of it, see the link.'], '');
  }
  const path = pathOf(repository);
  const route = 'GET /repos/{owner}/{repo}/check-runs/{check_run_id}';
  const { output, details_url } = await client.rest(
    { attempted, route, parameters: { ...path, check_run_id: check.id } },
    run,
  );
  const notes = await client.rest(
    {
      attempted,
      route: `${route}/annotations`,
      parameters: { ...path, check_run_id: check.id, per_page: ANNOTATIONS_MAX },
    },
    annotations,
  );
  const log =
    check.app === ACTIONS_APP ? await jobLog(client, attempted, repository, check.id, details_url ?? '') : null;
  const step = log === null ? null : failingStep(log);
  const told = [output.title, output.summary, output.text].flatMap((text) =>
    text ? [plain(text).slice(0, SUMMARY_CHARACTERS_MAX)] : [],
  );
  const listed = notes.map(
    (note) => `${note.path}:${note.start_line} ${note.annotation_level ?? 'note'}: ${plain(note.message ?? '')}`,
  );
  return fitted([...heading, ...(step === null ? [] : [`Failing step: ${step}`]), ...told, ...listed], log ?? '');
}

/** Null when GitHub has none (any more): logs expire, and a job that never started has none. */
async function jobLog(
  client: GithubClient,
  attempted: string,
  repository: string,
  checkRunId: number,
  url: string,
): Promise<string | null> {
  const parameters = { ...pathOf(repository), job_id: jobIdOf(checkRunId, url) };
  const route = 'GET /repos/{owner}/{repo}/actions/jobs/{job_id}/logs';
  try {
    return withoutTimes(plain(await client.rest({ attempted, route, parameters }, z.string())));
  } catch (error) {
    if (error instanceof OutsideError && error.kind === 'missing') return null;
    throw error;
  }
}

/** The last step that began before the first error line; Actions marks both. */
function failingStep(log: string): string | null {
  const error = log.search(/^##\[error\]/m);
  const before = error < 0 ? log : log.slice(0, error);
  const groups = [...before.matchAll(/^##\[group\](Run .+)$/gm)];
  return groups.at(-1)?.[1] ?? null;
}

function withoutTimes(log: string): string {
  return log.replace(/^\d{4}-\d\d-\d\dT[\d:.]+Z /gm, '');
}

/** Without colours, cursor movements and other control characters. */
function plain(text: string): string {
  const lines = stripVTControlCharacters(text).replace(/\r\n?/g, '\n');
  return lines.replace(/\p{Cc}/gu, (character) => (character === '\n' || character === '\t' ? character : ''));
}

/** The head lines whole, and as much of the log's end as fits. */
function fitted(lines: readonly string[], log: string): string {
  const head = Buffer.from(lines.join('\n')).subarray(0, FAILURE_BYTES_MAX).toString('utf8');
  if (log.trim() === '') return head;
  const all = Buffer.from(log.trimEnd());
  const room = FAILURE_BYTES_MAX - Buffer.byteLength(head) - 60;
  if (room <= 0) return head;
  if (all.length <= room) return `${head}\n\nLog:\n${all.toString('utf8')}`;
  const tail = all.subarray(all.length - room).toString('utf8');
  // From the first whole line on, so that no character is cut in two.
  return `${head}\n\nLog (the end of it):\n${tail.slice(tail.indexOf('\n') + 1)}`;
}
