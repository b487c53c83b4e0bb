/** The accumulating part of one decision: actions, who may still start, what people will see. It lives for one call of decide(). */
import type { Action, RecordChange, Report } from '../domain/action.ts';
import type { IssueRecord } from '../domain/issue-record.ts';
import type { StageKind } from '../domain/pipeline.ts';
import { subjectKey } from '../domain/run.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { type Verdict, wait } from '../domain/verdict.ts';
import type { IssueCase } from './issue-case.ts';
import type { IssueView, PullRequestView } from './issue-view.ts';
import { isRunning, openSlots, type Slots } from './slots.ts';

/** Where an issue we care for stands. */
export interface Standing {
  readonly facts: IssueCase;
  readonly stage: StageKind;
  readonly verdict: Verdict;
}

export interface Turn {
  readonly actions: Action[];
  readonly views: Map<string, IssueView>;
  readonly pullRequests: PullRequestView[];
  readonly standings: Map<string, Standing>;
  /** Records this turn writes, and why: a second write would lose by its generation, so they rest until the next look. */
  readonly touched: Map<string, string>;
  readonly slots: Slots;
  add(actions: readonly Action[]): void;
  update(record: IssueRecord, change: RecordChange, reason: string): void;
  /** Lets through what there is a slot for; the verdict says when something has to wait for one. */
  admit(actions: readonly Action[], verdict: Verdict): Verdict;
  /** Something people hear once, about one issue. */
  say(key: string, event: Report['event'], text: string, issueId: string): void;
  view(view: IssueView): void;
}

export function createTurn(snapshot: Snapshot): Turn {
  const actions: Action[] = [];
  const views = new Map<string, IssueView>();
  const touched = new Map<string, string>();
  const slots = openSlots(snapshot.settings, snapshot.runs, snapshot.accepting);

  const addOne = (action: Action): void => {
    if (action.kind === 'update-record') {
      if (touched.has(action.issueId)) return;
      touched.set(action.issueId, action.reason);
    }
    if (action.kind === 'cancel-run' && actions.some((one) => one.kind === 'cancel-run' && one.runId === action.runId))
      return;
    if (action.kind === 'report' && snapshot.reported.has(action.key)) return;
    actions.push(action);
  };

  return {
    actions,
    views,
    pullRequests: [],
    standings: new Map(),
    touched,
    slots,
    add: (more) => more.forEach(addOne),
    update: ({ issueId, generation }, change, reason) =>
      addOne({ kind: 'update-record', issueId, generation, change, reason }),
    admit: (wanted, verdict) => {
      let shown = verdict;
      for (const action of wanted) {
        if (action.kind !== 'dispatch') addOne(action);
        else if (!isRunning(action, snapshot.runs)) {
          const busy = slots.take(action.role);
          if (busy === null) actions.push(action);
          else shown = wait('slots', busy, [verdict]);
        }
      }
      return shown;
    },
    say: (key, event, text, issueId) =>
      addOne({ kind: 'report', key, event, text, subject: subjectKey({ kind: 'issue', issueId }), reason: text }),
    view: (view) => {
      views.set(view.issueId, view);
    },
  };
}
