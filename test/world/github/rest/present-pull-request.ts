// Pull requests, reviews, comments, labels, statuses and check runs in the shape GitHub's REST API gives them.
import { viewMerge } from '../facts/merge-verdict.ts';
import { commitsOf, filesOf } from '../facts/pull-request-facts.ts';
import { followLine } from '../git/diff.ts';
import {
  baseSha,
  type CheckRun,
  type CommitStatus,
  type IssueComment,
  type PullRequest,
  type Repository,
  type Review,
  type ReviewThread,
  remember,
} from '../state.ts';
import { hasRole, type World } from '../world.ts';
import { apiUrl, htmlUrl, presentApp, presentRepository, presentUser } from './present-repository.ts';

type Json = Record<string, unknown>;

/** A pull request as lists show it. */
export function presentPullRequest(world: World, repository: Repository, pullRequest: PullRequest): Json {
  const { number } = pullRequest;
  const url = `${apiUrl(world, repository)}/pulls/${number}`;
  const html = `${htmlUrl(world, repository)}/pull/${number}`;
  const issue = `${apiUrl(world, repository)}/issues/${number}`;
  const statuses = `${apiUrl(world, repository)}/statuses/${pullRequest.headSha}`;
  const side = (ref: string, sha: string) => ({
    label: `${repository.owner}:${ref}`,
    ref,
    sha,
    user: presentUser(world, repository.owner),
    repo: presentRepository(world, repository),
  });
  const link = (href: string) => ({ href });
  return {
    url,
    id: pullRequest.id,
    node_id: pullRequestNodeId(pullRequest),
    html_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    issue_url: issue,
    commits_url: `${url}/commits`,
    review_comments_url: `${url}/comments`,
    review_comment_url: `${apiUrl(world, repository)}/pulls/comments{/number}`,
    comments_url: `${issue}/comments`,
    statuses_url: statuses,
    number,
    state: pullRequest.state,
    locked: false,
    title: pullRequest.title,
    user: presentUser(world, pullRequest.author),
    body: pullRequest.body,
    labels: [...pullRequest.labels].map((name) => presentLabel(world, repository, name)),
    milestone: null,
    created_at: pullRequest.createdAt,
    updated_at: pullRequest.updatedAt,
    closed_at: pullRequest.closedAt,
    merged_at: pullRequest.merged?.at ?? null,
    merge_commit_sha: pullRequest.merged?.commit ?? null,
    assignee: null,
    assignees: [],
    requested_reviewers: [],
    requested_teams: [],
    head: side(pullRequest.headRef, pullRequest.headSha),
    base: side(pullRequest.baseRef, baseSha(repository, pullRequest)),
    _links: {
      self: link(url),
      html: link(html),
      issue: link(issue),
      comments: link(`${issue}/comments`),
      review_comments: link(`${url}/comments`),
      review_comment: link(`${apiUrl(world, repository)}/pulls/comments{/number}`),
      commits: link(`${url}/commits`),
      statuses: link(statuses),
    },
    author_association: association(repository, pullRequest.author),
    auto_merge: null,
    draft: pullRequest.draft,
  };
}

/** A pull request asked for by itself: with mergeability and counts. */
export async function presentWholePullRequest(
  world: World,
  repository: Repository,
  pullRequest: PullRequest,
): Promise<Json> {
  const files = await filesOf(repository, pullRequest);
  const view = await viewMerge(world, repository, pullRequest);
  const threads = repository.threads.filter((thread) => thread.number === pullRequest.number);
  return {
    ...presentPullRequest(world, repository, pullRequest),
    merged: pullRequest.merged !== null,
    mergeable: view.mergeability === 'unknown' ? null : view.mergeability === 'mergeable',
    rebaseable: view.mergeability === 'unknown' ? null : view.mergeability === 'mergeable',
    mergeable_state: view.state.toLowerCase(),
    merged_by: pullRequest.merged === null ? null : presentUser(world, pullRequest.merged.by),
    comments: [...repository.comments.values()].filter((comment) => comment.number === pullRequest.number).length,
    review_comments: threads.reduce((sum, thread) => sum + thread.comments.length, 0),
    maintainer_can_modify: false,
    commits: (await commitsOf(repository, pullRequest)).length,
    additions: files.reduce((sum, file) => sum + file.additions, 0),
    deletions: files.reduce((sum, file) => sum + file.deletions, 0),
    changed_files: files.length,
  };
}

export function pullRequestNodeId(pullRequest: PullRequest): string {
  return `PR_${pullRequest.id}`;
}

/** How GitHub calls somebody's tie to a repository. */
export function association(repository: Repository, login: string): 'OWNER' | 'COLLABORATOR' | 'NONE' {
  if (login === repository.owner) return 'OWNER';
  return hasRole(repository, login, 'read') ? 'COLLABORATOR' : 'NONE';
}

export function presentLabel(world: World, repository: Repository, name: string): Json {
  const label = repository.labels.get(name);
  return {
    id: label?.id ?? 0,
    node_id: `LA_${label?.id ?? 0}`,
    url: `${apiUrl(world, repository)}/labels/${encodeURIComponent(name)}`,
    name,
    color: label?.color ?? 'ededed',
    default: false,
    description: null,
  };
}

export function presentReview(world: World, repository: Repository, review: Review): Json {
  const html = `${htmlUrl(world, repository)}/pull/${review.number}#pullrequestreview-${review.id}`;
  const url = `${apiUrl(world, repository)}/pulls/${review.number}`;
  return {
    id: review.id,
    node_id: `PRR_${review.id}`,
    user: presentUser(world, review.author),
    body: review.body,
    state: review.state,
    html_url: html,
    pull_request_url: url,
    author_association: association(repository, review.author),
    _links: { html: { href: html }, pull_request: { href: url } },
    submitted_at: review.submittedAt,
    commit_id: review.commit,
  };
}

/** Where a conversation's line is in the present diff; null when it is outdated. */
export function currentLine(repository: Repository, thread: ReviewThread): Promise<number | null> {
  const head = repository.pullRequests.get(thread.number)?.headSha ?? thread.commit;
  if (thread.side === 'LEFT' || head === thread.commit) return Promise.resolve(thread.line);
  return remember(repository, `line ${thread.commit} ${head} ${thread.path} ${thread.line}`, () =>
    followLine(repository.directory, thread.commit, head, thread.path, thread.line),
  );
}

/** The comments of one conversation, its first one first. */
export async function presentThread(world: World, repository: Repository, thread: ReviewThread): Promise<Json[]> {
  const line = await currentLine(repository, thread);
  const pullRequest = repository.pullRequests.get(thread.number);
  return thread.comments.map((comment) => {
    const html = `${htmlUrl(world, repository)}/pull/${thread.number}#discussion_r${comment.id}`;
    const self = `${apiUrl(world, repository)}/pulls/comments/${comment.id}`;
    const pull = `${apiUrl(world, repository)}/pulls/${thread.number}`;
    return {
      url: self,
      pull_request_review_id: comment.review,
      id: comment.id,
      node_id: `PRRC_${comment.id}`,
      diff_hunk: thread.diffHunk,
      path: thread.path,
      commit_id: pullRequest?.headSha ?? thread.commit,
      original_commit_id: thread.commit,
      user: presentUser(world, comment.author),
      body: comment.body,
      created_at: comment.createdAt,
      updated_at: comment.createdAt,
      html_url: html,
      pull_request_url: pull,
      author_association: association(repository, comment.author),
      _links: { self: { href: self }, html: { href: html }, pull_request: { href: pull } },
      original_line: thread.line,
      side: thread.side,
      start_line: thread.startLine,
      start_side: thread.startLine === null ? null : thread.side,
      subject_type: 'line',
      // GitHub sends null for an outdated line although its description says integer: left out, which both allow.
      ...(line === null ? {} : { line }),
      ...(comment.replyTo === null ? {} : { in_reply_to_id: comment.replyTo }),
    };
  });
}

export function presentComment(world: World, repository: Repository, comment: IssueComment): Json {
  return {
    id: comment.id,
    node_id: `IC_${comment.id}`,
    url: `${apiUrl(world, repository)}/issues/comments/${comment.id}`,
    html_url: `${htmlUrl(world, repository)}/pull/${comment.number}#issuecomment-${comment.id}`,
    issue_url: `${apiUrl(world, repository)}/issues/${comment.number}`,
    user: presentUser(world, comment.author),
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    body: comment.body,
    author_association: association(repository, comment.author),
    performed_via_github_app: null,
  };
}

/** A status; `simple` leaves its creator out, as the combined answer does. */
export function presentStatus(
  world: World,
  repository: Repository,
  status: CommitStatus,
  form: 'whole' | 'simple',
): Json {
  return {
    url: `${apiUrl(world, repository)}/statuses/${status.sha}`,
    avatar_url: `${world.url}/avatars/${world.users.get(status.creator)?.id ?? 0}`,
    id: status.id,
    node_id: `SC_${status.id}`,
    state: status.state,
    description: status.description,
    target_url: status.targetUrl,
    context: status.context,
    created_at: status.createdAt,
    updated_at: status.createdAt,
    ...(form === 'whole' ? { creator: presentUser(world, status.creator) } : {}),
  };
}

export function presentCheckRun(world: World, repository: Repository, run: CheckRun): Json {
  const url = `${apiUrl(world, repository)}/check-runs/${run.id}`;
  const heads = [...repository.pullRequests.values()].filter((one) => one.state === 'open' && one.headSha === run.sha);
  const repo = { id: repository.id, url: apiUrl(world, repository), name: repository.name };
  return {
    id: run.id,
    head_sha: run.sha,
    node_id: `CR_${run.id}`,
    external_id: '',
    url,
    html_url: jobUrl(world, repository, run),
    details_url: jobUrl(world, repository, run),
    status: run.status,
    conclusion: run.conclusion,
    started_at: run.startedAt,
    completed_at: run.completedAt,
    output: { ...run.output, annotations_count: run.annotations.length, annotations_url: `${url}/annotations` },
    name: run.name,
    check_suite: { id: run.suite },
    app: presentApp(world, run.app, repository.createdAt),
    pull_requests: heads.map((one) => ({
      id: one.id,
      number: one.number,
      url: `${apiUrl(world, repository)}/pulls/${one.number}`,
      head: { ref: one.headRef, sha: one.headSha, repo },
      base: { ref: one.baseRef, sha: baseSha(repository, one), repo },
    })),
  };
}

/** The page of a job. As with Actions, its last part is the number that the log is fetched by. */
export function jobUrl(world: World, repository: Repository, run: CheckRun): string {
  return `${htmlUrl(world, repository)}/actions/runs/${run.suite}/job/${run.id}`;
}
