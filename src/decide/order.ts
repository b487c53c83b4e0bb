/** Which issue first: priority 1 to 4, then none (0); then the oldest; then the key, compared by its number. */
import type { Issue } from '../domain/issue.ts';

export function byPriority(a: Issue, b: Issue): number {
  return rank(a) - rank(b) || a.createdAt - b.createdAt || byKey(a, b);
}

/** ENG-9 before ENG-10. By hand, because comparing with a locale took longer than all the rest of a decision. */
export function byKey(a: { readonly key: string }, b: { readonly key: string }): number {
  const [left, right] = [parted(a.key), parted(b.key)];
  return left.team === right.team ? left.number - right.number : left.team < right.team ? -1 : 1;
}

/** A key that ends in no number is all team. */
function parted(key: string): { readonly team: string; readonly number: number } {
  const at = key.lastIndexOf('-');
  const number = Number(key.slice(at + 1));
  return Number.isSafeInteger(number) ? { team: key.slice(0, at + 1), number } : { team: key, number: 0 };
}

function rank(issue: Issue): number {
  return issue.priority === 0 ? 5 : issue.priority;
}
