/** Posts a review with its findings on their lines; findings GitHub cannot place there go into the body instead. */
import { z } from 'zod';
import type { Finding } from '../domain/run.ts';
import type { Forge } from '../heartbeat/ports.ts';
import { commentableLines } from './diff-lines.ts';
import type { GithubClient } from './github-client.ts';
import { pathOf } from './repository-name.ts';

type Review = Parameters<Forge['postReview']>[0];

const FILES_PER_PAGE = 100;
/** GitHub lists no more than 3,000 files of a pull request. */
const FILE_PAGES_MAX = 30;
/** GitHub refuses a body of more than 65,536 characters. */
const BODY_CHARACTERS_MAX = 65_000;

const files = z.array(z.object({ filename: z.string(), patch: z.string().optional() }));
const posted = z.object({ id: z.number() });

const events = { approve: 'APPROVE', 'request-changes': 'REQUEST_CHANGES', comment: 'COMMENT' } as const;

/** Whoever's name it carries: one identity may be the bot's and a person's, and what we find is no remark of theirs. */
const MARKER = '<!-- heartline:finding -->';

/** `reader` looks at the files, `writer` is the identity that signs the review. */
export async function postReview(reader: GithubClient, writer: GithubClient, review: Review): Promise<string> {
  const { repository, number, head, event, findings } = review;
  const attempted = `post the review of pull request #${number} of ${repository}`;
  const lines = findings.some((finding) => finding.line !== null)
    ? await linesOf(reader, attempted, review)
    : new Map();
  const isPlaced = ({ path, line }: Finding) => line !== null && lines.get(path)?.has(line) === true;
  const comments = findings.filter(isPlaced).map((finding) => ({
    path: finding.path,
    line: finding.line,
    side: 'RIGHT',
    body: `**${finding.severity}**: ${finding.comment}\n\n${MARKER}`,
  }));
  const body = withFindings(
    review.body,
    findings.filter((finding) => !isPlaced(finding)),
  );
  const parameters = {
    ...pathOf(repository),
    pull_number: number,
    commit_id: head,
    event: events[event],
    body,
    comments,
  };
  const route = 'POST /repos/{owner}/{repo}/pulls/{pull_number}/reviews';
  return String((await writer.rest({ attempted, route, parameters }, posted)).id);
}

async function linesOf(
  client: GithubClient,
  attempted: string,
  review: Review,
): Promise<ReadonlyMap<string, ReadonlySet<number>>> {
  const lines = new Map<string, ReadonlySet<number>>();
  const route = 'GET /repos/{owner}/{repo}/pulls/{pull_number}/files';
  for (let page = 1; page <= FILE_PAGES_MAX; page += 1) {
    const parameters = { ...pathOf(review.repository), pull_number: review.number, per_page: FILES_PER_PAGE, page };
    const listed = await client.rest({ attempted, route, parameters }, files);
    // A binary or huge file has no patch, so nothing can be placed on it.
    for (const { filename, patch } of listed) lines.set(filename, commentableLines(patch ?? ''));
    if (listed.length < FILES_PER_PAGE) break;
  }
  return lines;
}

function withFindings(body: string, findings: readonly Finding[]): string {
  if (findings.length === 0) return body;
  const listed = findings.map(({ path, line, severity, comment }) => {
    return `- **${severity}** \`${path}${line === null ? '' : `:${line}`}\`: ${comment.replaceAll('\n', '\n  ')}`;
  });
  const whole = `${body}\n\nNot on a line of this diff:\n\n${listed.join('\n')}`;
  return whole.length <= BODY_CHARACTERS_MAX
    ? whole
    : `${whole.slice(0, BODY_CHARACTERS_MAX)}\n\n(cut: too long for one review)`;
}
