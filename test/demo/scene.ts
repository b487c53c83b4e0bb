/** The sample repository with the bot's own session code on it, and nobody else: what scripted agents are tried in. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { PullRequest } from '../../src/domain/pull-request.ts';
import type { Cause, Role, RunResult } from '../../src/domain/run.ts';
import { issueRecord, REPOSITORY, runGit, type SessionWorld, startSessionWorld } from '../agents/session-world.ts';
import { checkOut } from '../world/ci/check-out.ts';
import { runCommand } from '../world/ci/run-command.ts';
import { sampleFiles, VERIFY_COMMANDS } from './sample-files.ts';
import { demoScript } from './scripts/demo-script.ts';
import { demoPullRequest, demoTickets } from './tickets.ts';

export type Work = Extract<RunResult, { readonly kind: 'work' }>;
type Audit = Extract<RunResult, { readonly kind: 'audit' }>;
export type Review = Extract<RunResult, { readonly kind: 'review' }>;

export interface SceneOptions {
  readonly model: string;
  /** After so many messages the bot dies and another goes on; it never does when absent. */
  readonly messagesPerLife?: number;
}

const COMMAND_TIMEOUT_MS = 30_000;
const LIVES_MAX = 40;

/** Tells a story in a scene of its own; a request that no script was ready for fails it. */
export async function inScene(options: SceneOptions, story: (scene: Scene) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'heartline scene '));
  const world = await startSessionWorld({ script: demoScript, chain: [options.model], verify: VERIFY_COMMANDS });
  try {
    const scene = new Scene(world, folder, options.messagesPerLife ?? Number.POSITIVE_INFINITY);
    await scene.open();
    await story(scene);
    assert.deepEqual(world.models.scriptFaults, []);
  } finally {
    await world.close();
    await rm(folder, { recursive: true, force: true });
  }
}

export class Scene {
  readonly world: SessionWorld;
  /** What CI said last: devops gets to read it. */
  log = '';
  readonly #folder: string;
  readonly #messagesPerLife: number;

  constructor(world: SessionWorld, folder: string, messagesPerLife: number) {
    this.world = world;
    this.#folder = folder;
    this.#messagesPerLife = messagesPerLife;
  }

  async open(): Promise<void> {
    await mkdir(this.#person);
    runGit(this.#person, ['init', '-q', '-b', 'main']);
    await this.#commit('The shop', sampleFiles());
    this.#publish('main');
  }

  get #person(): string {
    return path.join(this.#folder, 'person');
  }

  async #commit(message: string, files: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(this.#person, name)), { recursive: true });
      await writeFile(path.join(this.#person, name), content);
    }
    runGit(this.#person, ['add', '-A']);
    runGit(this.#person, ['commit', '-q', '-m', message]);
  }

  #publish(branch: string): void {
    runGit(this.#person, ['push', '-q', '--force', this.world.remote, `HEAD:refs/heads/${branch}`]);
  }

  get main(): string {
    return this.world.git('rev-parse', 'main');
  }

  /** A run of dev or devops; what it hands in is pushed to the issue's branch. */
  async work(key: string, role: Role, cause: Cause): Promise<Work> {
    const { records } = this.world.journal.rows;
    const issueId = this.#issue(key);
    const subject = { kind: 'issue', issueId } as const;
    const result = await this.#run({ subject, issueKey: key, role, cause, sessionId: `${role} of ${key}` });
    assert.ok(result?.kind === 'work');
    const record = records.get(issueId);
    assert.ok(record);
    this.world.mirrorGit('push', '-q', '--force', this.world.remote, `${result.head}:refs/heads/${record.branch}`);
    records.set(issueId, { ...record, head: result.head });
    return result;
  }

  /** Gives the id of a verdict too, to send findings back with. */
  async review(key: string, head: string): Promise<Review & { readonly verdictId: string }> {
    const { runs } = this.world.journal.rows;
    const subject = { kind: 'issue', issueId: this.#issue(key) } as const;
    const result = await this.#run({ subject, issueKey: key, ...this.#reviewOf(head) });
    assert.ok(result?.kind === 'review');
    return { ...result, verdictId: [...runs.keys()].at(-1) ?? '' };
  }

  async audit(key: string, head: string): Promise<Audit> {
    const subject = { kind: 'issue', issueId: this.#issue(key) } as const;
    const cause: Cause = { kind: 'audit', head, base: this.main, digest: head };
    const sessionId = `audit ${this.world.journal.rows.runs.size}`;
    const result = await this.#run({ subject, issueKey: key, role: 'audit', cause, sessionId });
    assert.ok(result?.kind === 'audit');
    return result;
  }

  /** The pull request of a person, and what the reviewer says of it. */
  async contribution(): Promise<{ readonly review: Review; readonly base: string; readonly head: string }> {
    const base = this.main;
    const { branch, commits } = demoPullRequest;
    for (const { message, files } of commits) await this.#commit(message, files);
    this.#publish(branch);
    const head = this.world.git('rev-parse', branch);
    const subject = { kind: 'pull-request', repository: REPOSITORY, number: 1 } as const;
    const result = await this.#run({ subject, issueKey: null, ...this.#reviewOf(head) });
    assert.ok(result?.kind === 'review');
    return { review: result, base, head };
  }

  #reviewOf(head: string) {
    const cause: Cause = { kind: 'review', head, base: this.main, digest: head };
    return { role: 'review', cause, sessionId: `review ${this.world.journal.rows.runs.size}` } as const;
  }

  #issue(key: string): string {
    const ticket = demoTickets.find((one) => one.key === key);
    assert.ok(ticket, key);
    const { records } = this.world.journal.rows;
    const issueId = `id of ${key}`;
    if (!records.has(issueId)) {
      const { title, description } = ticket;
      const url = `https://linear.example/${key}`;
      const branch = `heartline/${key.toLowerCase()}-1`;
      records.set(issueId, issueRecord({ issueId, key, branch, ticket: { title, description, url, comments: [] } }));
    }
    return issueId;
  }

  async #run(more: Parameters<SessionWorld['addRun']>[0]): Promise<RunResult | null> {
    const { journal } = this.world;
    const run = this.world.addRun(more);
    for (let life = 1; life <= LIVES_MAX; life += 1) {
      const bot = this.world.boot({
        failureLog: async () => this.log,
        pullRequest: async (repository, number) => this.#pullRequest(repository, number),
      });
      let left = this.#messagesPerLife;
      const died = new Promise<void>((resolve) => {
        journal.onAppend = () => {
          left -= 1;
          if (left === 0) resolve(bot.sessions.drain());
        };
      });
      bot.sessions.start(run);
      await Promise.race([bot.ended(run.id), died]);
      const end = journal.rows.runs.get(run.id);
      if (end?.endedAt == null) continue;
      assert.equal(end.state, 'succeeded', `${run.issueKey} ${run.role}: ${end.endReason}`);
      return end.result;
    }
    return assert.fail(`${run.issueKey} ${run.role} did not end in ${LIVES_MAX} lives`);
  }

  #pullRequest(repository: string, number: number): PullRequest {
    const { author, branch, title, body } = demoPullRequest;
    return {
      repository,
      number,
      url: '',
      title,
      body,
      state: 'open',
      draft: false,
      author,
      labels: [],
      queued: null,
      branch,
      head: this.world.git('rev-parse', branch),
      baseBranch: 'main',
      base: this.main,
      fromFork: false,
      mergeable: 'yes',
      checks: [],
      reviews: [],
      threads: [],
      mergeCommit: null,
      createdAt: 0,
      updatedAt: 0,
    };
  }

  /** A commit with both in it, as GitHub makes one to bring a branch up to date; throws where git cannot. */
  merge(ours: string, theirs: string): string {
    const { world } = this;
    const tree = world.git('merge-tree', '--write-tree', ours, theirs);
    return world.git('commit-tree', tree, '-p', ours, '-p', theirs, '-m', 'Bring up to date');
  }

  /** Squashes a head onto main. */
  land(head: string): void {
    const { world } = this;
    const tree = world.git('merge-tree', '--write-tree', 'main', head);
    world.git('update-ref', 'refs/heads/main', world.git('commit-tree', tree, '-p', this.main, '-m', 'Land'));
  }

  /** Moves an issue's branch without the bot. */
  moveBranch(key: string, head: string): void {
    const { records } = this.world.journal.rows;
    const record = records.get(this.#issue(key));
    assert.ok(record);
    this.world.git('update-ref', `refs/heads/${record.branch}`, head);
    records.set(record.issueId, { ...record, head });
  }

  /** Runs a command on a commit, as CI does. */
  async runs(commit: string, command: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
    const folder = await mkdtemp(path.join(this.#folder, 'checkout '));
    await checkOut(this.world.remote, commit, folder);
    const end = await runCommand(command, path.join(folder, 'work'), {}, COMMAND_TIMEOUT_MS).ended;
    assert.ok(end.kind === 'exit');
    return { code: end.code, output: end.output };
  }
}
