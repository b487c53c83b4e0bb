// Accounts, apps, repositories and commits in the shape GitHub's REST API gives them.
import type { GitCommit } from '../git/bare-repository.ts';
import type { ChangedFile } from '../git/diff.ts';
import type { App, Repository, User } from '../state.ts';
import { hasRole, type World } from '../world.ts';

type Json = Record<string, unknown>;

/** An account as it appears inside other things. */
export function presentUser(world: World, login: string): Json {
  const known = world.users.get(login);
  const user: User = known ?? { login, id: 0, type: login.endsWith('[bot]') ? 'Bot' : 'User' };
  const url = `${world.url}/users/${encodeURIComponent(login)}`;
  return {
    login,
    id: user.id,
    node_id: `U_${user.id}`,
    avatar_url: `${world.url}/avatars/${user.id}`,
    gravatar_id: '',
    url,
    html_url: `${world.url}/${encodeURIComponent(login)}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: user.type,
    site_admin: false,
  };
}

/** The account behind the token. */
export function presentOwnAccount(world: World, login: string, createdAt: string): Json {
  return {
    ...presentUser(world, login),
    name: login,
    company: null,
    blog: '',
    location: null,
    email: null,
    hireable: null,
    bio: null,
    public_repos: 0,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: createdAt,
    updated_at: createdAt,
  };
}

/** The app behind a check run. */
export function presentApp(world: World, app: App, at: string): Json {
  return {
    id: app.id,
    slug: app.slug,
    node_id: `A_${app.id}`,
    owner: presentUser(world, 'github'),
    name: app.slug,
    description: '',
    external_url: `${world.url}/apps/${app.slug}`,
    html_url: `${world.url}/apps/${app.slug}`,
    created_at: at,
    updated_at: at,
    permissions: { checks: 'write' },
    events: [],
  };
}

export function apiUrl(world: World, repository: Repository): string {
  return `${world.url}/repos/${repository.fullName}`;
}

export function htmlUrl(world: World, repository: Repository): string {
  return `${world.url}/${repository.fullName}`;
}

const templates: Readonly<Record<string, string>> = {
  archive_url: '/{archive_format}{/ref}',
  assignees_url: '/assignees{/user}',
  blobs_url: '/git/blobs{/sha}',
  branches_url: '/branches{/branch}',
  collaborators_url: '/collaborators{/collaborator}',
  comments_url: '/comments{/number}',
  commits_url: '/commits{/sha}',
  compare_url: '/compare/{base}...{head}',
  contents_url: '/contents/{+path}',
  contributors_url: '/contributors',
  deployments_url: '/deployments',
  downloads_url: '/downloads',
  events_url: '/events',
  forks_url: '/forks',
  git_commits_url: '/git/commits{/sha}',
  git_refs_url: '/git/refs{/sha}',
  git_tags_url: '/git/tags{/sha}',
  hooks_url: '/hooks',
  issue_comment_url: '/issues/comments{/number}',
  issue_events_url: '/issues/events{/number}',
  issues_url: '/issues{/number}',
  keys_url: '/keys{/key_id}',
  labels_url: '/labels{/name}',
  languages_url: '/languages',
  merges_url: '/merges',
  milestones_url: '/milestones{/number}',
  notifications_url: '/notifications{?since,all,participating}',
  pulls_url: '/pulls{/number}',
  releases_url: '/releases{/id}',
  stargazers_url: '/stargazers',
  statuses_url: '/statuses/{sha}',
  subscribers_url: '/subscribers',
  subscription_url: '/subscription',
  tags_url: '/tags',
  teams_url: '/teams',
  trees_url: '/git/trees{/sha}',
};

/** A repository as it appears inside other things; enough for the minimal and the usual form. */
export function presentRepository(world: World, repository: Repository): Json {
  const url = apiUrl(world, repository);
  const clone = `${world.url}/git/${repository.fullName}.git`;
  const open = [...repository.pullRequests.values()].filter((one) => one.state === 'open').length;
  return {
    id: repository.id,
    node_id: `R_${repository.id}`,
    name: repository.name,
    full_name: repository.fullName,
    owner: presentUser(world, repository.owner),
    private: true,
    html_url: htmlUrl(world, repository),
    description: null,
    fork: false,
    url,
    ...Object.fromEntries(Object.entries(templates).map(([key, path]) => [key, url + path])),
    git_url: clone,
    ssh_url: clone,
    clone_url: clone,
    svn_url: htmlUrl(world, repository),
    mirror_url: null,
    homepage: null,
    language: null,
    license: null,
    forks: 0,
    forks_count: 0,
    stargazers_count: 0,
    watchers: 0,
    watchers_count: 0,
    size: 1,
    default_branch: repository.defaultBranch,
    open_issues: open,
    open_issues_count: open,
    has_issues: true,
    has_projects: false,
    has_wiki: false,
    has_pages: false,
    has_downloads: false,
    has_discussions: false,
    archived: false,
    disabled: false,
    visibility: 'private',
    pushed_at: repository.pushedAt,
    created_at: repository.createdAt,
    updated_at: repository.pushedAt,
  };
}

/** A repository asked for by itself, with what the asker may do in it. */
export function presentFullRepository(world: World, repository: Repository, login: string): Json {
  const may = (role: 'read' | 'write' | 'admin') => hasRole(repository, login, role);
  return {
    ...presentRepository(world, repository),
    subscribers_count: 0,
    network_count: 0,
    permissions: {
      admin: may('admin'),
      maintain: may('admin'),
      push: may('write'),
      triage: may('write'),
      pull: may('read'),
    },
    allow_merge_commit: repository.mergeMethods.has('merge'),
    allow_squash_merge: repository.mergeMethods.has('squash'),
    allow_rebase_merge: repository.mergeMethods.has('rebase'),
    allow_auto_merge: false,
    allow_update_branch: true,
    delete_branch_on_merge: repository.deleteBranchOnMerge,
  };
}

/** A commit of the repository API; `files` only where one commit was asked for. */
export function presentCommit(
  world: World,
  repository: Repository,
  commit: GitCommit,
  files?: readonly ChangedFile[],
): Json {
  const url = `${apiUrl(world, repository)}/commits/${commit.sha}`;
  const known = (email: string) => {
    const login = /^\d+\+(.+)@users\.noreply\.github\.com$/.exec(email)?.[1];
    return login !== undefined && world.users.has(login) ? presentUser(world, login) : null;
  };
  const sum = (count: (file: ChangedFile) => number) => (files ?? []).reduce((total, file) => total + count(file), 0);
  const stats = { additions: sum((file) => file.additions), deletions: sum((file) => file.deletions) };
  return {
    sha: commit.sha,
    node_id: `C_${commit.sha}`,
    url,
    html_url: `${htmlUrl(world, repository)}/commit/${commit.sha}`,
    comments_url: `${url}/comments`,
    commit: {
      author: commit.author,
      committer: commit.committer,
      message: commit.message,
      tree: { sha: commit.tree, url: `${apiUrl(world, repository)}/git/trees/${commit.tree}` },
      url: `${apiUrl(world, repository)}/git/commits/${commit.sha}`,
      comment_count: 0,
    },
    author: known(commit.author.email),
    committer: known(commit.committer.email),
    parents: presentParents(world, repository, commit),
    ...(files === undefined
      ? {}
      : {
          stats: { ...stats, total: stats.additions + stats.deletions },
          files: files.map((file) => presentFile(world, repository, commit.sha, file)),
        }),
  };
}

/** A commit of the low-level git API. */
export function presentGitCommit(world: World, repository: Repository, commit: GitCommit): Json {
  return {
    sha: commit.sha,
    node_id: `C_${commit.sha}`,
    url: `${apiUrl(world, repository)}/git/commits/${commit.sha}`,
    html_url: `${htmlUrl(world, repository)}/commit/${commit.sha}`,
    author: commit.author,
    committer: commit.committer,
    message: commit.message,
    tree: { sha: commit.tree, url: `${apiUrl(world, repository)}/git/trees/${commit.tree}` },
    parents: presentParents(world, repository, commit),
    verification: { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null },
  };
}

/** One changed file of a commit, a comparison or a pull request. */
export function presentFile(world: World, repository: Repository, sha: string, file: ChangedFile): Json {
  const path = file.path.split('/').map(encodeURIComponent).join('/');
  return {
    sha: file.blob,
    filename: file.path,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: `${htmlUrl(world, repository)}/blob/${sha}/${path}`,
    raw_url: `${htmlUrl(world, repository)}/raw/${sha}/${path}`,
    contents_url: `${apiUrl(world, repository)}/contents/${path}?ref=${sha}`,
    ...(file.patch === null ? {} : { patch: file.patch }),
    ...(file.previousPath === null ? {} : { previous_filename: file.previousPath }),
  };
}

function presentParents(world: World, repository: Repository, commit: GitCommit): Json[] {
  return commit.parents.map((sha) => ({
    sha,
    url: `${apiUrl(world, repository)}/commits/${sha}`,
    html_url: `${htmlUrl(world, repository)}/commit/${sha}`,
  }));
}
