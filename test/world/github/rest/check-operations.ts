// REST operations on commit statuses, check runs, their annotations and logs.
import { rerequestChecks, setStatus } from '../acts/check-acts.ts';
import { checksOf, statusOutcome } from '../facts/check-facts.ts';
import { notFound, Refusal } from '../refusal.ts';
import type { CheckRun, CommitStatus, Repository } from '../state.ts';
import { type Handlers, optionalText, paged, type RestCall, repositoryOf, text } from './handler.ts';
import { presentCheckRun, presentStatus } from './present-pull-request.ts';
import { apiUrl, htmlUrl, presentRepository } from './present-repository.ts';
import { commitNamed } from './repository-operations.ts';

export const checkOperations: Handlers = {
  'repos/create-commit-status': async (call) => {
    const repository = repositoryOf(call);
    const status = await setStatus(call.world, repository, call.actor, {
      sha: text(call.params, 'sha'),
      context: optionalText(call.body, 'context') ?? 'default',
      state: text(call.body, 'state') as CommitStatus['state'],
      description: optionalText(call.body, 'description') ?? null,
      targetUrl: optionalText(call.body, 'target_url') ?? null,
    });
    return { status: 201, body: presentStatus(call.world, repository, status, 'whole') };
  },

  'repos/list-commit-statuses-for-ref': async (call) => {
    const repository = repositoryOf(call);
    const sha = await commitNamed(repository, text(call.params, 'ref'));
    const statuses = repository.statuses.filter((status) => status.sha === sha).reverse();
    return paged(
      call,
      statuses.map((status) => presentStatus(call.world, repository, status, 'whole')),
    );
  },

  'repos/get-combined-status-for-ref': async (call) => {
    const repository = repositoryOf(call);
    const sha = await commitNamed(repository, text(call.params, 'ref'));
    const { statuses } = checksOf(repository, sha);
    const outcomes = statuses.map(statusOutcome);
    const state = outcomes.includes('failure')
      ? 'failure'
      : outcomes.length === 0 || outcomes.includes('pending')
        ? 'pending'
        : 'success';
    const shown = statuses.map((status) => presentStatus(call.world, repository, status, 'simple'));
    return paged(call, shown, (page) => ({
      state,
      statuses: page,
      sha,
      total_count: shown.length,
      repository: presentRepository(call.world, repository),
      commit_url: `${apiUrl(call.world, repository)}/commits/${sha}`,
      url: `${apiUrl(call.world, repository)}/commits/${sha}/status`,
    }));
  },

  'checks/list-for-ref': async (call) => {
    const repository = repositoryOf(call);
    const sha = await commitNamed(repository, text(call.params, 'ref'));
    const runs =
      call.query.filter === 'all'
        ? [...repository.checkRuns.values()].filter((run) => run.sha === sha)
        : checksOf(repository, sha).runs;
    const { check_name: name, status, app_id: app } = call.query;
    const found = runs
      .filter((run) => (name === undefined || run.name === name) && (status === undefined || run.status === status))
      .filter((run) => app === undefined || run.app.id === Number(app));
    const shown = found.map((run) => presentCheckRun(call.world, repository, run));
    return paged(call, shown, (page) => ({ total_count: shown.length, check_runs: page }));
  },

  'checks/get': (call) => {
    const repository = repositoryOf(call);
    return { status: 200, body: presentCheckRun(call.world, repository, checkRunOf(call, repository)) };
  },

  'checks/list-annotations': (call) => {
    const repository = repositoryOf(call);
    const run = checkRunOf(call, repository);
    const shown = run.annotations.map((one) => ({
      path: one.path,
      start_line: one.startLine,
      end_line: one.endLine,
      start_column: null,
      end_column: null,
      annotation_level: one.level,
      title: one.title,
      message: one.message,
      raw_details: null,
      blob_href: `${htmlUrl(call.world, repository)}/blob/${run.sha}/${one.path}`,
    }));
    return paged(call, shown);
  },

  'checks/rerequest-run': (call) => {
    const repository = repositoryOf(call);
    rerequestChecks(call.world, repository, call.actor, [checkRunOf(call, repository)]);
    return { status: 201, body: {} };
  },

  'checks/rerequest-suite': (call) => {
    const repository = repositoryOf(call);
    const suite = repository.checkSuites.get(Number(call.params.check_suite_id));
    if (suite === undefined) throw notFound();
    const runs = checksOf(repository, suite.sha).runs.filter((run) => run.suite === suite.id);
    rerequestChecks(call.world, repository, call.actor, runs);
    return { status: 201, body: {} };
  },

  'actions/re-run-job-for-workflow-run': (call) => {
    const repository = repositoryOf(call);
    const run = repository.checkRuns.get(Number(call.params.job_id));
    if (run === undefined) throw notFound();
    if (run.status !== 'completed') throw new Refusal(403, 'The workflow run containing this job is already running');
    rerequestChecks(call.world, repository, call.actor, [run]);
    return { status: 201, body: {} };
  },

  // A job's number is its check run's number, as with Actions. The log is text at an address that needs no token.
  'actions/download-job-logs-for-workflow-run': (call) => {
    const repository = repositoryOf(call);
    const run = repository.checkRuns.get(Number(call.params.job_id));
    if (run === undefined || run.status !== 'completed') throw notFound();
    return { status: 302, headers: { location: `${call.world.url}/logs/${repository.fullName}/${run.id}` } };
  },
};

function checkRunOf(call: RestCall, repository: Repository): CheckRun {
  const run = repository.checkRuns.get(Number(call.params.check_run_id));
  if (run === undefined) throw notFound();
  return run;
}
