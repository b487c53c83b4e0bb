/**
 * The living board: the state, who changes it, and the record of every change. The API and the people of the world
 * write through the same `change`, so both leave the same history and the same log.
 */

import { idFrom } from './ids.ts';
import { base, next } from './new-record.ts';
import type { Actor, HistoryRecord, IssueChanges, IssueRecord, LinearState } from './records.ts';

export interface Board {
  readonly state: LinearState;
  /** The state before the last change, for stale reads. Equal to `state` unless `keepPrevious` was asked for. */
  previousState(): LinearState;
  readonly log: readonly Effect[];
  now(): number;
  change<T>(cause: Cause, apply: (writer: Writer) => T): T;
  /** Called after each change, once for each of its effects. Returns how to stop listening. */
  onChange(listener: (effect: Effect) => void): () => void;
}

export interface Cause {
  readonly actor: Actor;
  /** The number of the request that did it; null for the people of the world. */
  readonly request: number | null;
}

/** One thing that happened to the board, for outside judges: they read this and never the bot's own rows. */
export type Effect = EffectDetail & {
  readonly number: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly actor: Actor;
  /** The actor's display name, or the integration's name; null when Linear would name nobody. */
  readonly actorName: string | null;
  readonly request: number | null;
  /** The identifier of the issue; null for what belongs to no issue. */
  readonly issue: string | null;
};

export type EffectDetail =
  | { readonly kind: 'issue-create'; readonly title: string; readonly state: string }
  | { readonly kind: 'state-move'; readonly from: string; readonly to: string; readonly toType: string }
  | { readonly kind: 'assign'; readonly from: string | null; readonly to: string | null }
  | { readonly kind: 'delegate'; readonly from: string | null; readonly to: string | null }
  | { readonly kind: 'label-add'; readonly label: string }
  | { readonly kind: 'label-remove'; readonly label: string }
  | { readonly kind: 'edit'; readonly field: EditedField; readonly from: unknown; readonly to: unknown }
  | { readonly kind: 'archive'; readonly trash: boolean }
  | { readonly kind: 'unarchive' }
  | { readonly kind: 'comment-create'; readonly commentId: string; readonly body: string }
  | { readonly kind: 'comment-update'; readonly commentId: string; readonly from: string; readonly to: string }
  | { readonly kind: 'comment-delete'; readonly commentId: string; readonly body: string }
  | { readonly kind: 'attachment-create'; readonly attachmentId: string; readonly url: string; readonly title: string }
  | { readonly kind: 'attachment-update'; readonly attachmentId: string; readonly url: string; readonly title: string }
  | { readonly kind: 'attachment-delete'; readonly attachmentId: string; readonly url: string }
  | { readonly kind: 'relation-create'; readonly relationId: string; readonly type: string; readonly related: string }
  | { readonly kind: 'relation-delete'; readonly relationId: string; readonly type: string; readonly related: string }
  | { readonly kind: 'label-create'; readonly label: string }
  | { readonly kind: 'state-rename'; readonly from: string; readonly to: string };

export type EditedField = 'title' | 'description' | 'priority' | 'project' | 'parent';

export interface Writer {
  readonly state: LinearState;
  readonly actor: Actor;
  readonly now: number;
  readonly bumps: Bumps;
  newId(kind: string): string;
  effect(issue: IssueRecord | null, detail: EffectDetail): void;
  history(issue: IssueRecord, changes: IssueChanges): void;
  /** Sets `updatedAt` to now. */
  touch(record: { updatedAt: string }): void;
}

/**
 * Which neighbours' changes move an issue's own `updatedAt`. Linear documents none of them; the defaults are the harder
 * case for a poller that watches `updatedAt`.
 */
export interface Bumps {
  readonly comment: boolean;
  readonly attachment: boolean;
  readonly relation: boolean;
}

export interface BoardOptions {
  readonly clock: () => number;
  readonly bumps: Bumps;
  readonly keepPrevious: boolean;
}

export function createBoard(state: LinearState, options: BoardOptions): Board {
  const log: Effect[] = [];
  const listeners = new Set<(effect: Effect) => void>();
  let previous: LinearState | null = null;

  function change<T>(cause: Cause, apply: (writer: Writer) => T): T {
    const before = options.keepPrevious ? structuredClone(state) : null;
    const first = log.length;
    const now = options.clock();
    const answer = apply(writerFor(state, log, cause, now, options.bumps));
    const effects = log.slice(first);
    if (effects.length > 0 && before) previous = before;
    for (const effect of effects) for (const listener of listeners) listener(effect);
    return answer;
  }

  return {
    state,
    log,
    change,
    previousState: () => previous ?? state,
    now: options.clock,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function writerFor(state: LinearState, log: Effect[], cause: Cause, now: number, bumps: Bumps): Writer {
  const { actor, request } = cause;
  const newId = (kind: string) => idFrom(`${kind} ${next(state)}`);
  return {
    state,
    actor,
    now,
    bumps,
    newId,
    effect(issue, detail) {
      const actorName = nameOf(state, actor);
      log.push({
        ...detail,
        number: log.length + 1,
        at: now,
        actor,
        actorName,
        request,
        issue: issue?.identifier ?? null,
      });
    },
    history(issue, changes) {
      const record: HistoryRecord = {
        ...base(newId('history'), next(state), now),
        issueId: issue.id,
        actorId: actor.userId,
        botActor: actor.botActor,
        delta: changes,
      };
      state.history.push(record);
    },
    touch(record) {
      record.updatedAt = new Date(now).toISOString();
    },
  };
}

function nameOf(state: LinearState, actor: Actor): string | null {
  if (actor.botActor) return actor.botActor.name ?? actor.botActor.type;
  return state.users.find((user) => user.id === actor.userId)?.displayName ?? null;
}
