// People at work on the repositories: what they do goes through the same rules as the API, but needs no request.

import { setStatus } from './acts/check-acts.ts';
import { addLabels, createComment } from './acts/comment-acts.ts';
import { mergePullRequest } from './acts/merge-acts.ts';
import { signature } from './acts/merge-commit.ts';
import { createPullRequest, editPullRequest, pullRequestNumbered, setDraft } from './acts/pull-request-acts.ts';
import { noticeMovedRefs } from './acts/push-acts.ts';
import { dequeue, enqueue } from './acts/queue-acts.ts';
import { type LineComment, replyInThread, setThreadResolved, submitReview } from './acts/review-acts.ts';
import { moveRef, resolveCommit, writeCommit, writeTree } from './git/bare-repository.ts';
import { notFound } from './refusal.ts';
import { branchSha, type CommitStatus, type MergeMethod, type Protection, type Repository } from './state.ts';
import { type Actor, inTurn, recordEffect, repositoryFor, userNamed, type World } from './world.ts';

/** A commit somebody makes: whole files by path, null to delete one. */
export interface PushedCommit {
  readonly files: Readonly<Record<string, string | null>>;
  readonly message: string;
  /** Commit on top of this instead of the branch's head, which makes it a force-push. */
  readonly onto?: string;
}

/** Everything a person can do. Repositories are named `owner/name`. */
export interface People {
  /** Commits to a branch, which is made from the default branch if it does not exist. Gives the commit. */
  pushCommit(repository: string, branch: string, login: string, commit: PushedCommit): Promise<string>;
  openPullRequest(
    repository: string,
    login: string,
    wanted: {
      readonly head: string;
      readonly base?: string;
      readonly title: string;
      readonly body?: string;
      readonly draft?: boolean;
    },
  ): Promise<number>;
  /** Gives the review's id. */
  review(
    repository: string,
    number: number,
    login: string,
    wanted: {
      readonly event: 'APPROVE' | 'REQUEST_CHANGES' | 'COMMENT';
      readonly body?: string;
      readonly comments?: readonly { readonly path: string; readonly line: number; readonly body: string }[];
    },
  ): Promise<number>;
  /** Gives the comment's id. */
  comment(repository: string, number: number, login: string, body: string): Promise<number>;
  close(repository: string, number: number, login: string): Promise<void>;
  reopen(repository: string, number: number, login: string): Promise<void>;
  convertToDraft(repository: string, number: number, login: string): Promise<void>;
  readyForReview(repository: string, number: number, login: string): Promise<void>;
  changeBase(repository: string, number: number, login: string, base: string): Promise<void>;
  /** Gives the merge commit. */
  merge(repository: string, number: number, login: string, method?: MergeMethod): Promise<string>;
  /** Puts it into the merge queue, and takes it out again. */
  enqueue(repository: string, number: number, login: string): Promise<void>;
  dequeue(repository: string, number: number, login: string): Promise<void>;
  deleteBranch(repository: string, branch: string, login: string): Promise<void>;
  setProtection(repository: string, branch: string, login: string, rules: Protection | null): Promise<void>;
  /** The same as a ruleset. */
  setRuleset(repository: string, branch: string, login: string, rules: Protection | null): Promise<void>;
  setStatus(
    repository: string,
    login: string,
    sha: string,
    context: string,
    state: CommitStatus['state'],
  ): Promise<void>;
  label(repository: string, number: number, login: string, name: string): Promise<void>;
  reply(repository: string, thread: number, login: string, body: string): Promise<void>;
  resolveThread(repository: string, thread: number, login: string, resolved?: 'resolved' | 'unresolved'): Promise<void>;
}

/** The people of a world. */
export function createPeople(world: World): People {
  const act = <T>(
    name: string,
    login: string,
    doIt: (repository: Repository, actor: Actor) => T | Promise<T>,
  ): Promise<T> =>
    inTurn(world, () =>
      doIt(repositoryFor(world, name, null), { login: userNamed(world, login).login, via: 'person' }),
    );
  const edit = (name: string, number: number, login: string, change: { state?: 'open' | 'closed'; base?: string }) =>
    act(name, login, (repository, actor) =>
      editPullRequest(world, repository, actor, pullRequestNumbered(repository, number), change),
    );
  const draft = (name: string, number: number, login: string, value: boolean) =>
    act(name, login, (repository, actor) =>
      setDraft(world, repository, actor, pullRequestNumbered(repository, number), value),
    );

  return {
    pushCommit: (name, branch, login, commit) =>
      act(name, login, (repository, actor) => pushCommit(world, repository, actor, branch, commit)),
    openPullRequest: (name, login, wanted) =>
      act(name, login, async (repository, actor) => {
        const base = wanted.base ?? repository.defaultBranch;
        const whole = {
          head: wanted.head,
          base,
          title: wanted.title,
          body: wanted.body ?? null,
          draft: wanted.draft ?? false,
        };
        return (await createPullRequest(world, repository, actor, whole)).number;
      }),
    review: (name, number, login, wanted) =>
      act(name, login, async (repository, actor) => {
        const comments: LineComment[] = (wanted.comments ?? []).map((comment) => ({ ...comment, side: 'RIGHT' }));
        const whole = { event: wanted.event, body: wanted.body ?? '', comments };
        return (await submitReview(world, repository, actor, pullRequestNumbered(repository, number), whole)).id;
      }),
    comment: (name, number, login, body) =>
      act(
        name,
        login,
        (repository, actor) =>
          createComment(world, repository, actor, pullRequestNumbered(repository, number), body).id,
      ),
    close: (name, number, login) => edit(name, number, login, { state: 'closed' }),
    reopen: (name, number, login) => edit(name, number, login, { state: 'open' }),
    changeBase: (name, number, login, base) => edit(name, number, login, { base }),
    convertToDraft: (name, number, login) => draft(name, number, login, true),
    readyForReview: (name, number, login) => draft(name, number, login, false),
    merge: (name, number, login, method) =>
      act(name, login, (repository, actor) =>
        mergePullRequest(world, repository, actor, pullRequestNumbered(repository, number), {
          method: method ?? 'merge',
        }),
      ),
    deleteBranch: (name, branch, login) =>
      act(name, login, async (repository, actor) => {
        await moveRef(repository.directory, `refs/heads/${branch}`, branchSha(repository, branch), null);
        await noticeMovedRefs(world, repository, actor);
      }),
    setProtection: (name, branch, login, rules) =>
      act(name, login, (repository, actor) => setRules(world, repository, actor, repository.protection, branch, rules)),
    setRuleset: (name, branch, login, rules) =>
      act(name, login, (repository, actor) => setRules(world, repository, actor, repository.rulesets, branch, rules)),
    enqueue: (name, number, login) =>
      act(name, login, async (repository, actor) => {
        await enqueue(world, repository, actor, pullRequestNumbered(repository, number));
      }),
    dequeue: (name, number, login) =>
      act(name, login, async (repository, actor) => {
        await dequeue(world, repository, actor, pullRequestNumbered(repository, number));
      }),
    setStatus: (name, login, sha, context, state) =>
      act(name, login, async (repository, actor) => {
        await setStatus(world, repository, actor, { sha, context, state, description: null, targetUrl: null });
      }),
    label: (name, number, login, label) =>
      act(name, login, (repository, actor) =>
        addLabels(world, repository, actor, pullRequestNumbered(repository, number), [label]),
      ),
    reply: (name, thread, login, body) =>
      act(name, login, (repository, actor) => {
        replyInThread(world, repository, actor, threadWithId(repository, thread), body);
      }),
    resolveThread: (name, thread, login, resolved) =>
      act(name, login, (repository, actor) =>
        setThreadResolved(world, repository, actor, threadWithId(repository, thread), resolved !== 'unresolved'),
      ),
  };
}

function setRules(
  world: World,
  repository: Repository,
  actor: Actor,
  where: Map<string, Protection>,
  branch: string,
  rules: Protection | null,
): void {
  if (rules === null) where.delete(branch);
  else where.set(branch, rules);
  recordEffect(world, repository, actor, { kind: 'protection-changed', branch });
}

async function pushCommit(
  world: World,
  repository: Repository,
  actor: Actor,
  branch: string,
  commit: PushedCommit,
): Promise<string> {
  const { directory, defaultBranch } = repository;
  const before = branchSha(repository, branch);
  const wanted =
    commit.onto === undefined
      ? (before ?? branchSha(repository, defaultBranch))
      : await resolveCommit(directory, commit.onto);
  if (commit.onto !== undefined && wanted === null) throw notFound();
  const tree = await writeTree(directory, wanted, commit.files);
  const by = signature(world, actor.login);
  const parents = wanted === null ? [] : [wanted];
  const sha = await writeCommit(directory, { tree, parents, message: commit.message, author: by, committer: by });
  await moveRef(directory, `refs/heads/${branch}`, before, sha);
  await noticeMovedRefs(world, repository, actor);
  return sha;
}

function threadWithId(repository: Repository, id: number) {
  const thread = repository.threads.find((one) => one.id === id);
  if (thread === undefined) throw notFound();
  return thread;
}
