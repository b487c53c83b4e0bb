/**
 * What cannot be avoided, and nothing else: for each ticket one shared clone, commit, bundle, fetch with fsck, push, and the
 * calls a merged pull request needs. No looking, no deciding, no remembering: it cannot be killed, fooled or stopped safely.
 *
 * With `keepsPromises` it also does what the promises about a merge cost at the very least, still without a model, a look or
 * a decision: commands run in a room, and in turn each branch is brought up to date, its new head is fetched and gets both
 * judges' statuses, and what landed is fetched to be compared.
 */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface PlainWork {
  readonly folder: string;
  readonly git: string;
  readonly github: string;
  readonly linear: string;
  readonly githubToken: string;
  readonly linearKey: string;
  readonly repository: string;
  readonly baseBranch: string;
  readonly concurrency: number;
  readonly keepsPromises: boolean;
  readonly startedState: string;
  readonly doneState: string;
  readonly issues: readonly { readonly id: string; readonly key: string }[];
}

const run = promisify(execFile);
const work = JSON.parse(process.env.PLAIN_WORK ?? '') as PlainWork;
const mirror = join(work.folder, 'mirror.git');
const credentials = Buffer.from(`x-access-token:${work.githubToken}`).toString('base64');
const environment = {
  PATH: process.env.PATH ?? '',
  HOME: work.folder,
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Plain',
  GIT_AUTHOR_EMAIL: 'plain@example.com',
  GIT_COMMITTER_NAME: 'Plain',
  GIT_COMMITTER_EMAIL: 'plain@example.com',
};
/** One bundle at a time goes into the mirror, whose refs two fetches must not write at once. */
let taking: Promise<unknown> = Promise.resolve();
/** One pull request at a time lands on the base it was tested with. */
let landing: Promise<unknown> = Promise.resolve();

await mkdir(work.folder, { recursive: true });
await git(work.folder, 'clone', '-q', '--bare', ...remote(), `${work.git}/${work.repository}.git`, mirror);
const waiting = [...work.issues];
await Promise.all(
  Array.from({ length: work.concurrency }, async () => {
    for (let issue = waiting.shift(); issue !== undefined; issue = waiting.shift()) await ticket(issue.id, issue.key);
  }),
);

async function ticket(issueId: string, key: string): Promise<void> {
  const branch = `plain/${key.toLowerCase()}`;
  const tree = join(work.folder, key);
  await linear('issueUpdate(id: $id, input: { stateId: $value }) { success }', issueId, work.startedState);
  await git(work.folder, 'clone', '-q', '--shared', '-b', work.baseBranch, mirror, tree);
  await git(tree, 'checkout', '-q', '-b', branch);
  await writeFile(join(tree, 'src', `${key.toLowerCase()}.js`), `export const ticket = '${key}';\n`);
  await inRoom(tree, 'add', '-A');
  await inRoom(tree, 'commit', '-q', '-m', key);
  const bundle = join(work.folder, `${key}.bundle`);
  await inRoom(tree, 'bundle', 'create', '-q', bundle, branch, '--not', '--remotes=origin');
  taking = taking.then(() =>
    git(mirror, '-c', 'transfer.fsckObjects=true', 'fetch', '-q', bundle, `${branch}:refs/heads/${branch}`),
  );
  await taking;
  const head = (await git(mirror, 'rev-parse', branch)).trim();
  await git(mirror, ...remote(), 'push', '-q', `${work.git}/${work.repository}.git`, `${branch}:refs/heads/${branch}`);
  const pull = (await github('POST', 'pulls', { title: key, head: branch, base: work.baseBranch, body: key })) as {
    readonly number: number;
    readonly html_url: string;
  };
  await github('POST', `pulls/${pull.number}/reviews`, { event: 'COMMENT', body: 'Good.', commit_id: head });
  await status(head, 'review');
  if (work.keepsPromises) {
    landing = landing.then(() => land(pull.number, branch, head));
    await landing;
  } else await merge(pull.number, head);
  await linear(
    'commentCreate(input: { issueId: $id, body: $value }) { success }',
    issueId,
    `Merged as #${pull.number}.`,
  );
  await linear(
    'attachmentCreate(input: { issueId: $id, url: $value, title: "Pull request" }) { success }',
    issueId,
    pull.html_url,
  );
  await linear('issueUpdate(id: $id, input: { stateId: $value }) { success }', issueId, work.doneState);
}

async function land(number: number, branch: string, head: string): Promise<void> {
  await status(head, 'audit');
  // The first finds its branch up to date, which GitHub refuses; else it answers before it is done.
  const asked = await github('PUT', `pulls/${number}/update-branch`, { expected_head_sha: head }, [422]);
  while (asked !== null && (await headOf(number)) === head);
  await fetchAll();
  const newHead = (await git(mirror, 'rev-parse', branch)).trim();
  await Promise.all([status(newHead, 'review'), status(newHead, 'audit')]);
  await merge(number, newHead);
  await fetchAll();
}

async function headOf(number: number): Promise<string> {
  return ((await github('GET', `pulls/${number}`)) as { readonly head: { readonly sha: string } }).head.sha;
}

async function fetchAll(): Promise<void> {
  await git(mirror, ...remote(), 'fetch', '-q', `${work.git}/${work.repository}.git`, '+refs/heads/*:refs/heads/*');
}

async function status(sha: string, judge: string): Promise<void> {
  await github('POST', `statuses/${sha}`, { context: `plain/${judge}`, state: 'success', description: 'Good.' });
}

async function merge(number: number, sha: string): Promise<void> {
  await github('PUT', `pulls/${number}/merge`, { sha, merge_method: 'merge' });
}

function remote(): readonly string[] {
  return ['-c', `http.extraHeader=Authorization: Basic ${credentials}`];
}

async function git(directory: string, ...argv: readonly string[]): Promise<string> {
  return (await run('git', [...argv], { cwd: directory, env: environment })).stdout;
}

/** The least that can be called a room: a view, namespaces of its own, no network, and an end with us. */
async function inRoom(tree: string, ...argv: readonly string[]): Promise<void> {
  if (!work.keepsPromises) return void (await git(tree, ...argv));
  const view = ['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', '--bind', work.folder, work.folder];
  const room = ['--unshare-all', '--die-with-parent', '--chdir', tree, '--', 'git', ...argv];
  await run('bwrap', [...view, ...room], { env: environment });
}

async function github(method: string, path: string, body?: object, fine: readonly number[] = []): Promise<unknown> {
  // GitHub answers "not mergeable" while it still works that out, and refuses a base that moves at that moment.
  for (let tries = 0; ; tries += 1) {
    const answer = await fetch(`${work.github}/repos/${work.repository}/${path}`, {
      method,
      headers: {
        authorization: `token ${work.githubToken}`,
        'content-type': 'application/json',
        'user-agent': 'plain',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (answer.ok) return JSON.parse(text);
    if (fine.includes(answer.status)) return null;
    if (tries === 20) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  }
}

async function linear(field: string, id: string, value: string): Promise<void> {
  const type = field.startsWith('issueUpdate') ? 'String!' : 'String!';
  const answer = await fetch(work.linear, {
    method: 'POST',
    headers: { authorization: work.linearKey, 'content-type': 'application/json' },
    body: JSON.stringify({
      query: `mutation Plain($id: String!, $value: ${type}) { ${field} }`,
      variables: { id, value },
    }),
  });
  const body = (await answer.json()) as { readonly errors?: readonly unknown[] };
  if (!answer.ok || body.errors !== undefined) throw new Error(`${field}: ${JSON.stringify(body)}`);
}
