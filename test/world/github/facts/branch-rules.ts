// The rules of a branch: what its classic protection and its rulesets say together, where the hardest counts.
import type { Protection, Repository } from '../state.ts';

/** All rules of a branch; undefined where it has none. */
export function rulesFor(repository: Repository, branch: string): Protection | undefined {
  const [classic, ruleset] = [repository.protection.get(branch), repository.rulesets.get(branch)];
  if (classic === undefined || ruleset === undefined) {
    // Nobody passes a ruleset who is not on its list, and here nobody is.
    return classic ?? (ruleset === undefined ? undefined : { ...ruleset, enforceAdmins: true });
  }
  const checks = [...(classic.requiredStatusChecks?.checks ?? []), ...(ruleset.requiredStatusChecks?.checks ?? [])];
  const either = (name: 'dismissStaleReviews' | 'requireConversationResolution') =>
    classic[name] === true || ruleset[name] === true;
  const mergeQueue = ruleset.mergeQueue ?? classic.mergeQueue;
  return {
    requiredStatusChecks: {
      strict: classic.requiredStatusChecks?.strict === true || ruleset.requiredStatusChecks?.strict === true,
      checks,
    },
    requiredApprovingReviewCount: Math.max(
      classic.requiredApprovingReviewCount ?? 0,
      ruleset.requiredApprovingReviewCount ?? 0,
    ),
    dismissStaleReviews: either('dismissStaleReviews'),
    requireConversationResolution: either('requireConversationResolution'),
    enforceAdmins: true,
    ...(mergeQueue === undefined ? {} : { mergeQueue }),
  };
}

/** Every branch that has rules, with them. */
export function ruledBranches(repository: Repository): (readonly [branch: string, rules: Protection])[] {
  const names = new Set([...repository.protection.keys(), ...repository.rulesets.keys()]);
  return [...names].map((name) => [name, rulesFor(repository, name) ?? {}] as const);
}
