// A tiny outside world for the oracles' own tests: real stand-ins, and a bot played by hand, one request at a time.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { gitText } from '../world/github/git/run-git.ts';
import { startGithub } from '../world/github/start-github.ts';
import type { App, MergeMethod } from '../world/github/state.ts';
import type { IssueSeed } from '../world/linear/board/seed.ts';
import { startLinear } from '../world/linear/start-linear.ts';
import type { Script } from '../world/models/conversation.ts';
import { startModels } from '../world/models/start-models.ts';
import { botHands } from './bot-hands.ts';
import { judge, type OracleName } from './judge.ts';
import type { OutsideWorld } from './outside-world.ts';

export const repository = 'acme/shop';
export const ci: App = { slug: 'ci', id: 77 };
export const canary = 'canary-7f3a91c2e5d8';

export interface TinyWorld extends ReturnType<typeof botHands> {
  readonly outside: OutsideWorld;
  readonly directory: string;
  pass(milliseconds: number): void;
  id(issueKey: string): string;
  /** A commit on top of another, on no branch yet. */
  commit(parent: string, files: Readonly<Record<string, string>>, message?: string): Promise<string>;
  tip(): string;
  /** CI's word on a commit. */
  check(sha: string, conclusion?: 'success' | 'failure' | 'skipped', app?: App): void;
}

/** ENG-1 waits in Todo, put there by Ada, who may; the repository has one commit. */
export async function tinyWorld(
  test: TestContext,
  options: { readonly issues?: readonly IssueSeed[]; readonly secrets?: readonly string[] } = {},
): Promise<TinyWorld> {
  const root = await mkdtemp(join(tmpdir(), 'oracles '));
  let now = Date.parse('2026-11-02T09:00:00Z');
  const clock = () => now;
  const [linear, github, models] = await Promise.all([
    startLinear({
      clock,
      apiKeys: { 'linear-key': 'heartline' },
      seed: {
        users: [{ name: 'Ada' }, { name: 'Mallory' }, { name: 'Heartline', app: true }],
        issues: options.issues ?? [{ title: 'Count', movedBy: 'ada' }],
      },
    }),
    startGithub({
      clock,
      root,
      tokens: { 'bot-token': 'bot', 'ann-token': 'ann' },
      users: [
        { login: 'ann', id: 1, type: 'User' },
        { login: 'bot', id: 2, type: 'User' },
        { login: 'ned', id: 3, type: 'User' },
      ],
      repositories: [
        { owner: 'acme', name: 'shop', defaultBranch: 'main', collaborators: { ann: 'admin', bot: 'admin' } },
      ],
    }),
    startModels({ clock, script, keys: ['model-key'] }),
  ]);
  test.after(async () => {
    await Promise.all([linear.close(), github.close(), models.close()]);
    await rm(root, { recursive: true, force: true });
  });
  await github.act.pushCommit(repository, 'main', 'ann', { files: { 'a.txt': 'a\n' }, message: 'first' });
  const { directory } = github.state.repository(repository);
  const outside: OutsideWorld = {
    linear,
    github,
    models,
    repository,
    baseBranch: 'main',
    requiredChecks: [{ name: 'test', app: ci.slug }],
    allowed: { linear: ['ada@example.com'], github: ['ann'] },
    botLogins: ['bot'],
    botLinearUser: 'heartline',
    secrets: options.secrets ?? [canary],
  };
  let commits = 0;
  const pass = (milliseconds: number) => {
    now += milliseconds;
  };
  return {
    ...botHands(outside, () => pass(1_000)),
    outside,
    directory,
    pass,
    id: (issueKey) => linear.state.issues.find((issue) => issue.identifier === issueKey)?.id ?? '',
    tip: () => github.state.repository(repository).refs.get('refs/heads/main') ?? '',
    commit: async (parent, files, message = 'work') => {
      commits += 1;
      const text = (words: string) => `data ${Buffer.byteLength(words)}\n${words}\n`;
      const changed = Object.entries(files).map(([path, content]) => `M 100644 inline ${path}\n${text(content)}`);
      // Below refs/pull nobody takes it for a push.
      const commit = `commit refs/pull/unpushed/${commits}\nmark :1\ncommitter Dev <dev@example.invalid> ${now / 1000} +0000\n`;
      const input = `${commit}${text(message)}from ${parent}\n${changed.join('')}\nget-mark :1\n`;
      return gitText(directory, ['fast-import', '--quiet'], { input });
    },
    check: (sha, conclusion = 'success', app = ci) => {
      const run = github.checks.create(repository, app, sha, 'test');
      github.checks.complete(repository, run, { conclusion, title: conclusion, summary: '', log: '' });
    },
  };
}

/** Hands work in; approves when the last thing it heard asks for a review; fails when told to. */
const script: Script = (request) => {
  const last = request.messages.at(-1);
  const asked = last?.kind === 'user' ? last.text : '';
  if (asked.includes('break the script')) throw new Error('This script was told to fail.');
  return asked.includes('Review')
    ? { calls: [{ name: 'finish', input: { decision: 'approve', summary: 'Good.', findings: [] } }] }
    : { calls: [{ name: 'finish', input: { title: 'Count', summary: 'Done.' } }] };
};

/** What may be done otherwise in an otherwise clean ticket. */
export interface TicketChanges {
  readonly attempt?: number;
  /** It is the pull request that takes this commit back. */
  readonly takesBack?: string;
  /** Leaves the issue's state and comments alone. */
  readonly board?: 'untouched';
  readonly method?: MergeMethod;
  /** Takes the place of CI's success. */
  readonly checks?: (head: string) => void;
  /** Takes the place of the reviewer's conversation. */
  readonly judged?: (head: string, work: string) => Promise<unknown>;
  /** Takes the place of the review and the status on GitHub. */
  readonly reviewed?: (number: number, head: string) => Promise<unknown>;
  /** Takes the place of the audit's status on the head that is merged. */
  readonly audited?: (head: string) => Promise<unknown>;
  /** Happens just before the merge; gives the sha that is sent, null for none. */
  readonly beforeMerge?: (number: number, head: string) => Promise<string | null>;
  /** Takes the place of the merge call. */
  readonly landed?: (number: number, head: string) => Promise<unknown>;
  readonly attached?: (issueKey: string, number: number) => Promise<unknown>;
}

/** One ticket from Todo to Done as the bot would do it. Gives the pull request and its head. */
export async function playTicket(
  world: TinyWorld,
  issueKey = 'ENG-1',
  changes: TicketChanges = {},
): Promise<{ readonly number: number; readonly head: string }> {
  const attempt = changes.attempt ?? 1;
  const { takesBack } = changes;
  const what = takesBack === undefined ? '' : '-revert';
  const branch = `heartline/${issueKey.toLowerCase()}${what}${attempt === 1 ? '' : `-${attempt}`}`;
  const issueId = world.id(issueKey);
  if (changes.board === undefined) await world.move(issueKey, 'In Progress');
  if (attempt === 1 && changes.board === undefined)
    await world.comment(issueKey, `**Working**.\n\n<!-- heartline:progress:${issueId} -->`);
  const work = `Issue ${issueKey}: Count\n\nattempt ${attempt}`;
  await world.ask('dev', [work]);
  const head = await world.commit(world.tip(), { [`${issueKey}-${attempt}.txt`]: 'x\n' });
  await world.push(branch, head);
  const summary = takesBack === undefined ? '' : `This takes back ${takesBack} (#1).\n\n`;
  const number = await world.openPullRequest(branch, `${summary}<!-- heartline:issue:${issueId}:${attempt} -->`);
  if (changes.checks === undefined) world.check(head);
  else changes.checks(head);
  if (changes.judged === undefined) await world.ask('review', [`Issue ${issueKey}: Count\n\nReview ${head}`]);
  else await changes.judged(head, work);
  if (changes.reviewed === undefined) {
    await world.review(number, head, `**Approved** at ${head.slice(0, 7)}.\n\n<!-- heartline:review:${head} -->`);
    await world.status(head, 'success');
  } else await changes.reviewed(number, head);
  const sha = changes.beforeMerge === undefined ? head : await changes.beforeMerge(number, head);
  if (changes.audited === undefined) await world.status(sha ?? head, 'success', 'heartline/audit');
  else await changes.audited(head);
  if (changes.landed === undefined) await world.merge(number, sha, changes.method ?? 'merge');
  else await changes.landed(number, head);
  await (changes.attached ?? world.attach)(issueKey, number);
  if (changes.board === undefined) await world.move(issueKey, 'Done');
  return { number, head };
}

/** What the oracles report, as "oracle | subject | detail". */
export async function reported(world: TinyWorld): Promise<readonly string[]> {
  const results = await judge(world.outside);
  return results.flatMap(({ name, violations }) =>
    violations.map(({ subject, detail }) => `${name} | ${subject} | ${detail}`),
  );
}

/** Exactly these oracles report something, and the first of them says it in these words. */
export async function assertReports(world: TinyWorld, names: readonly OracleName[], words: RegExp): Promise<void> {
  const lines = await reported(world);
  const found = [...new Set(lines.map((line) => line.split(' | ', 1)[0]))];
  assert.deepEqual(found.toSorted(), [...names].sort(), lines.join('\n'));
  const own = lines.filter((line) => line.startsWith(`${names[0]} | `));
  assert.ok(
    own.some((line) => words.test(line)),
    `${words} in\n${own.join('\n')}`,
  );
}
