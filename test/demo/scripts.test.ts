/** The demo's scripted agents in the real session code, on the real sample repository: what they leave must be true. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import type { Cause, Finding, Role, RunResult } from '../../src/domain/run.ts';
import { issueRecord, runGit, type SessionWorld, startSessionWorld } from '../agents/session-world.ts';
import { checkOut } from '../world/ci/check-out.ts';
import { runCommand } from '../world/ci/run-command.ts';
import type { ScriptedRequest } from '../world/models/conversation.ts';
import { devCalls } from './dev-calls.ts';
import { CI_COMMAND, sampleFiles, VERIFY_COMMAND, VERIFY_COMMANDS } from './sample-files.ts';
import { readDiff } from './scripts/read-diff.ts';
import { demoScript } from './scripts/demo-script.ts';
import { demoPullRequest, demoTickets } from './tickets.ts';

const PROTOCOLS = {
  'Anthropic Messages': 'anthropic/claude-sonnet-5-5',
  'OpenAI Responses': 'openai/gpt-5.5',
  'Chat Completions': 'local/qwen',
};
type Work = Extract<RunResult, { readonly kind: 'work' }>;
type Review = Extract<RunResult, { readonly kind: 'review' }>;

/** A repository with the sample in it, and a bot's sessions on it. */
class Scene {
  readonly world: SessionWorld;
  readonly main: string;
  readonly #folder: string;
  /** After so many messages the bot dies, and another goes on. */
  readonly #messagesPerLife: number;
  log = '';

  constructor(world: SessionWorld, folder: string, messagesPerLife: number) {
    this.world = world;
    this.#folder = folder;
    this.#messagesPerLife = messagesPerLife;
    this.main = commitFiles(world, 'main', null, sampleFiles());
  }

  async work(key: string, role: Role, cause: Cause, sessionId = `session of ${key} ${role}`): Promise<Work> {
    const ticket = demoTickets.find((one) => one.key === key);
    assert.ok(ticket, key);
    const { records } = this.world.journal.rows;
    const issueId = `id of ${key}`;
    const { title, description } = ticket;
    const record = records.get(issueId) ?? issueRecord({ issueId, key, branch: `heartline/${key.toLowerCase()}` });
    records.set(issueId, { ...record, ticket: { ...record.ticket, title, description, comments: [] } });
    const result = await this.#run({ subject: { kind: 'issue', issueId }, issueKey: key, role, cause, sessionId });
    assert.ok(result?.kind === 'work');
    this.push(result.head, record.branch);
    records.set(issueId, { ...record, head: result.head });
    return result;
  }

  async review(key: string, head: string): Promise<Review & { readonly runId: string }> {
    const { rows } = this.world.journal;
    const cause: Cause = { kind: 'review', head, base: this.world.git('rev-parse', 'main'), digest: head };
    const sessionId = `review of ${head} ${rows.runs.size}`;
    const subject = { kind: 'issue', issueId: `id of ${key}` } as const;
    const result = await this.#run({ subject, issueKey: key, role: 'review', cause, sessionId });
    assert.ok(result?.kind === 'review');
    return { ...result, runId: [...rows.runs.keys()].at(-1) ?? '' };
  }

  async reviewContribution(head: string): Promise<Review> {
    const cause: Cause = { kind: 'review', head, base: this.main, digest: head };
    const subject = { kind: 'pull-request', repository: 'acme/shop', number: 1 } as const;
    const result = await this.#run({ subject, issueKey: null, role: 'review', cause, sessionId: 'review of #1' });
    assert.ok(result?.kind === 'review');
    return result;
  }

  async #run(more: Parameters<SessionWorld['addRun']>[0]): Promise<RunResult | null> {
    const { world } = this;
    const run = world.addRun({ state: 'running', ...more });
    for (let life = 1; life <= LIVES_MAX; life += 1) {
      const bot = world.boot({
        failureLog: async () => this.log,
        pullRequest: async () => personsPullRequest(this.main),
      });
      let left = this.#messagesPerLife;
      const died = new Promise<null>((resolve) => {
        world.journal.onAppend = () => {
          left -= 1;
          if (left === 0) bot.sessions.drain().then(() => resolve(null));
        };
      });
      bot.sessions.start(run);
      const ended = await Promise.race([bot.ended(run.id), died]);
      if (ended === null && world.journal.rows.runs.get(run.id)?.endedAt === null) continue;
      const end = world.journal.rows.runs.get(run.id);
      assert.equal(end?.state, 'succeeded', `${run.issueKey} ${run.role}: ${end?.endReason}`);
      return end.result;
    }
    return assert.fail(`${run.issueKey} did not end in ${LIVES_MAX} lives`);
  }

  /** From the bot's mirror, where a session's commits are, to the remote. */
  push(commit: string, branch: string): void {
    this.world.mirrorGit('push', '-q', '--force', this.world.remote, `${commit}:refs/heads/${branch}`);
  }

  /** What a squash leaves on main. */
  land(commit: string): void {
    const { world } = this;
    const tree = world.git('merge-tree', '--write-tree', 'main', commit);
    const landed = world.git('commit-tree', tree, '-p', world.git('rev-parse', 'main'), '-m', 'Land');
    world.git('update-ref', 'refs/heads/main', landed);
  }

  /** Both sides in one tree; throws when git cannot. */
  merge(one: string, other: string): string {
    const { world } = this;
    const tree = world.git('merge-tree', '--write-tree', one, other);
    return world.git('commit-tree', tree, '-p', one, '-p', other, '-m', 'Merge');
  }

  async runs(commit: string, command: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
    const folder = await mkdtemp(path.join(this.#folder, 'checkout '));
    await checkOut(this.world.remote, commit, folder);
    const end = await runCommand(command, path.join(folder, 'work'), {}, COMMAND_TIMEOUT_MS).ended;
    assert.ok(end.kind === 'exit');
    return { code: end.code, output: end.output };
  }
}

const LIVES_MAX = 40;
const COMMAND_TIMEOUT_MS = 30_000;
const VERIFY = ['bash', '-c', VERIFY_COMMAND];

async function inScene(
  model: string,
  story: (scene: Scene) => Promise<void>,
  messagesPerLife = Number.POSITIVE_INFINITY,
): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'heartline demo scene '));
  const world = await startSessionWorld({ script: demoScript, chain: [model], verify: VERIFY_COMMANDS });
  try {
    await story(new Scene(world, folder, messagesPerLife));
    assert.deepEqual(world.models.scriptFaults, []);
  } finally {
    await world.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Commits whole files to a branch of the remote. */
function commitFiles(
  world: SessionWorld,
  branch: string,
  parent: string | null,
  files: Readonly<Record<string, string>>,
): string {
  const tree = path.join(path.dirname(world.remote), 'seed');
  runGit(tree, ['checkout', '-q', '--force', ...(parent === null ? ['--orphan', 'sample'] : ['--detach', parent])]);
  if (parent === null) runGit(tree, ['rm', '-rfq', '.']);
  writeFiles(tree, files);
  runGit(tree, ['add', '-A']);
  runGit(tree, ['commit', '-q', '-m', 'Files']);
  runGit(tree, ['push', '-q', '--force', world.remote, `HEAD:refs/heads/${branch}`]);
  return runGit(tree, ['rev-parse', 'HEAD']);
}
