/** What sessions ask of the last look at the forge, so that they need no look of their own. */
import type { Check, PullRequest } from '../domain/pull-request.ts';
import type { Outside } from './observe.ts';
import type { Forge } from './ports.ts';

/** Null: the branch, or its repository, was not seen. */
export function seenTip(outside: Outside | null, repository: string, branch: string): string | null {
  const view = outside?.repositories.get(repository);
  return view?.known === true ? (view.value.bases.get(branch)?.tip ?? null) : null;
}

/** Tail of the failed checks' logs on a commit, or a sentence that there are none. */
export async function failureLogs(
  forge: Forge,
  outside: Outside | null,
  about: { readonly repository: string; readonly head: string; readonly checks: readonly string[] },
): Promise<string> {
  const { repository, head, checks: names } = about;
  const view = outside?.repositories.get(repository);
  const pullRequests: readonly PullRequest[] = view?.known === true ? view.value.pullRequests : [];
  const checks: readonly Check[] = pullRequests.find((one) => one.head === head)?.checks ?? [];
  const failed = checks.filter((check) => names.includes(check.name) && check.state !== 'success');
  const logs = await Promise.all(
    failed.map(async (check) => `## ${check.name}: ${check.state}\n\n${await forge.failureLog(repository, check)}`),
  );
  return logs.length === 0 ? `GitHub shows no log for ${names.join(', ')} on ${head}.` : logs.join('\n\n');
}
