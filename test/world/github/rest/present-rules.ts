// The rules of a ruleset in the shape GitHub's REST API gives them.
import type { Protection, Repository } from '../state.ts';

type Json = Record<string, unknown>;

/** GitHub's own Actions app, whose number is the same everywhere. */
const knownApps: Readonly<Record<string, number>> = { 'github-actions': 15368 };

/** The number of an app that has reported something here. */
export function appIdOf(repository: Repository, slug: string | null): number | null {
  const seen = [...repository.checkRuns.values()].find((run) => run.app.slug === slug);
  return knownApps[slug ?? ''] ?? seen?.app.id ?? null;
}

/** One entry for each rule that the ruleset has. */
export function presentRules(repository: Repository, rules: Protection): Json[] {
  const source = { ruleset_source_type: 'Repository', ruleset_source: repository.fullName, ruleset_id: 42 };
  const rule = (type: string, parameters: Json): Json => ({ type, ...source, parameters });
  const { requiredStatusChecks, requiredApprovingReviewCount, requireConversationResolution, mergeQueue } = rules;
  const listed: Json[] = [];
  if (requiredApprovingReviewCount !== undefined || requireConversationResolution !== undefined) {
    listed.push(
      rule('pull_request', {
        dismiss_stale_reviews_on_push: rules.dismissStaleReviews ?? false,
        require_code_owner_review: false,
        require_last_push_approval: false,
        required_approving_review_count: requiredApprovingReviewCount ?? 0,
        required_review_thread_resolution: requireConversationResolution ?? false,
      }),
    );
  }
  if (requiredStatusChecks !== undefined) {
    const integration = (slug: string | null) => {
      const id = appIdOf(repository, slug);
      return id === null ? {} : { integration_id: id };
    };
    listed.push(
      rule('required_status_checks', {
        strict_required_status_checks_policy: requiredStatusChecks.strict,
        required_status_checks: requiredStatusChecks.checks.map(({ context, appSlug }) => ({
          context,
          ...integration(appSlug),
        })),
      }),
    );
  }
  if (mergeQueue !== undefined) {
    listed.push(
      rule('merge_queue', {
        check_response_timeout_minutes: Math.max(1, Math.round(mergeQueue.checkTimeoutMs / 60_000)),
        grouping_strategy: 'ALLGREEN',
        max_entries_to_build: mergeQueue.entriesToBuildMax,
        max_entries_to_merge: 1,
        merge_method: mergeQueue.method.toUpperCase(),
        min_entries_to_merge: 1,
        min_entries_to_merge_wait_minutes: 0,
      }),
    );
  }
  return listed;
}
