/** Did the required checks pass on exactly this commit, reported by whom we expect? Absent waits; only `success` passes. */
import type { Check } from '../domain/pull-request.ts';
import type { RequiredCheck } from '../domain/settings.ts';
import { all, no, type Verdict, wait, yes } from '../domain/verdict.ts';

export interface ChecksVerdict {
  readonly verdict: Verdict;
  /** Required checks that ended badly in a way an agent can mend: it has a log and something to fix. */
  readonly failed: readonly Check[];
  /** Required checks that nobody who counts has reported on this commit yet: time may bring them. */
  readonly unheard: readonly string[];
}

export function requiredChecks(
  required: readonly RequiredCheck[],
  checks: readonly Check[],
  head: string,
): ChecksVerdict {
  if (required.length === 0) {
    return {
      verdict: no(
        'checks',
        'No required checks are configured, so nothing is ever merged here. Name them under `checks` in heartline.yaml.',
      ),
      failed: [],
      unheard: [],
    };
  }
  const judged = required.map((requirement) => requiredCheck(requirement, checks, head));
  return {
    verdict: all(
      'checks',
      judged.map((one) => one.verdict),
      `All ${required.length} required checks passed on ${short(head)}.`,
    ),
    failed: judged.flatMap((one) => one.failed),
    unheard: judged.flatMap((one) => (one.unheard ? [one.verdict.name] : [])),
  };
}

/**
 * Two checks of one name on one commit (two workflows with a job of the same name) must both pass: which of them
 * branch protection would take is not ours to guess. GitHub lists only the newest run of a re-run check.
 */
function requiredCheck(
  requirement: RequiredCheck,
  checks: readonly Check[],
  head: string,
): { readonly verdict: Verdict; readonly failed: readonly Check[]; readonly unheard: boolean } {
  const name = requirement.name;
  const named = checks.filter((check) => check.name === name);
  const onHead = named.filter((check) => check.sha === head);
  const ours = onHead.filter((check) => requirement.app === null || check.app === requirement.app);
  if (ours.length === 0) {
    if (onHead.length > 0) {
      const apps = onHead.map((check) => check.app ?? 'nobody').join(', ');
      return {
        verdict: no(name, `${name} was reported by ${apps}, not by ${requirement.app}: it does not count.`),
        failed: [],
        unheard: true,
      };
    }
    const stale = named.length > 0 ? ' (only an older commit has it)' : '';
    const verdict = wait(name, `${name} has not been reported on ${short(head)} yet${stale}.`);
    return { verdict, failed: [], unheard: true };
  }
  const bad = ours.filter((check) => !isPassing(check) && !isPending(check));
  if (bad[0] !== undefined) {
    const reason = `${name} ended as ${bad[0].state} on ${short(head)}; only success counts.`;
    return { verdict: no(name, reason), failed: bad.filter(isMendable), unheard: false };
  }
  const pending = ours.find(isPending);
  if (pending !== undefined)
    return { verdict: wait(name, `${name} is ${pending.state} on ${short(head)}.`), failed: [], unheard: false };
  return { verdict: yes(name, `${name} succeeded on ${short(head)}.`), failed: [], unheard: false };
}

/** Which run of a check this is: a check that runs again keeps its name and changes these. */
export function runOf(check: Pick<Check, 'id' | 'at'>): string {
  return `${check.id ?? 'status'}@${check.at ?? 'running'}`;
}

function isPassing(check: Check): boolean {
  return check.state === 'success';
}

function isPending(check: Check): boolean {
  return check.state === 'queued' || check.state === 'running';
}

function isMendable(check: Check): boolean {
  return check.state === 'failure' || check.state === 'timed-out';
}

export function short(sha: string): string {
  return sha.slice(0, 7);
}
