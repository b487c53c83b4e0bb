/** Linear's records in the words of the domain. */
import type { Actor, Blocker, Comment, Issue, Move } from '../domain/issue.ts';
import type { WireBlocker, WireBot, WireComment, WireIssue, WireMove, WireUser } from './wire.ts';

export interface IssueParts {
  readonly wire: WireIssue;
  /** All of them, beyond the first page too. */
  readonly blockers: readonly WireBlocker[];
  readonly lastMove: Move | null;
  readonly labels: readonly string[];
}

export function mapIssue({ wire, blockers, lastMove, labels }: IssueParts): Issue {
  return {
    id: wire.id,
    key: wire.identifier,
    title: wire.title,
    description: wire.description ?? '',
    url: wire.url,
    priority: wire.priority,
    createdAt: wire.createdAt,
    updatedAt: wire.updatedAt,
    teamKey: wire.team.key,
    projectName: wire.project?.name ?? null,
    state: wire.state,
    labels,
    assignees: [wire.assignee?.email, wire.delegate?.email].flatMap((email) => email?.toLowerCase() ?? []),
    creator: mapActor(wire.creator, wire.botActor),
    blockers: mapBlockers(blockers),
    archived: isArchived(wire),
    lastMove,
  };
}

export function mapMove(wire: WireMove, toStateId: string): Move {
  return { historyId: wire.id, toStateId, at: wire.createdAt, actor: mapActor(wire.actor, wire.botActor) };
}

/** Only a human user is a person. Apps, integrations, rules and acts that Linear ascribes to nobody are automations. */
function mapActor(user: WireUser | null | undefined, bot: WireBot | null | undefined): Actor {
  if (bot) return { kind: 'automation', name: bot.name ?? 'an integration' };
  if (!user) return { kind: 'automation', name: 'Linear' };
  if (user.app) return { kind: 'automation', name: user.name };
  return { kind: 'person', id: user.id, name: user.name, email: user.email ?? null };
}

/** Null for a comment that is on no issue. */
export function mapComment(wire: WireComment): Comment | null {
  if (!wire.issueId) return null;
  return {
    id: wire.id,
    on: { kind: 'issue', issueId: wire.issueId },
    author: mapActor(wire.user, wire.botActor),
    handle: wire.user?.email ?? '',
    body: wire.body,
    at: wire.createdAt,
  };
}

/** Done, cancelled, a duplicate of another, or deleted: it holds nobody up any more. */
export function isSettled(stateType: string, archived: boolean): boolean {
  return archived || stateType === 'completed' || stateType === 'canceled' || stateType === 'duplicate';
}

function isArchived(wire: WireIssue): boolean {
  return Boolean(wire.archivedAt) || wire.trashed === true;
}

function mapBlockers(wire: readonly WireBlocker[]): Blocker[] {
  return wire
    .filter((relation) => relation.type === 'blocks')
    .map(({ issue }) => ({
      id: issue.id,
      key: issue.identifier,
      settled: isSettled(issue.state.type, issue.trashed === true),
    }));
}
