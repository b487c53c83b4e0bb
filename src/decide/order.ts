/** Which issue first: priority 1 to 4, then none (0); then the oldest; then the key, compared by its number. */
import type { Issue } from '../domain/issue.ts';

export function byPriority(a: Issue, b: Issue): number {
  return rank(a) - rank(b) || a.createdAt - b.createdAt || a.key.localeCompare(b.key, 'en', { numeric: true });
}

function rank(issue: Issue): number {
  return issue.priority === 0 ? 5 : issue.priority;
}
