/** The Journal port over our rows: each concern is a file of functions; here they become one thing, and recovery one transaction. */
import type { Journal } from '../heartbeat/journal.ts';
import { noteCommand, openCommands, settleCommand } from './commands.ts';
import { asked, confirm, effect, effects, effectsOf, failEffect, intend } from './effects.ts';
import { event, events } from './events.ts';
import { freeze, frozen, thaw } from './frozen.ts';
import { enqueueReport, pendingReports, reportDelivered, reportFailed, reportKeys } from './outbox.ts';
import { claim, record, records, updateRecord } from './records.ts';
import { createRun, endRun, recoverRuns, run, runs, takeRun } from './runs.ts';
import { recoverSpend, reserve, runSpend, settle, spend } from './spend.ts';
import type { Store } from './store.ts';
import { appendMessage, messages } from './transcript.ts';
import { recordVerdict, verdicts } from './verdicts.ts';

/** What may be asked without the lock. */
export type JournalReader = Pick<
  Journal,
  | 'records'
  | 'record'
  | 'runs'
  | 'run'
  | 'messages'
  | 'effects'
  | 'effectsOf'
  | 'effect'
  | 'verdicts'
  | 'spend'
  | 'runSpend'
  | 'frozen'
  | 'openCommands'
  | 'reportKeys'
  | 'pendingReports'
  | 'events'
  | 'close'
>;

export function journalReader(store: Store, close: () => Promise<void>): JournalReader {
  return {
    records: () => records(store),
    record: (issueId) => record(store, issueId),
    runs: () => runs(store),
    run: (id) => run(store, id),
    messages: (sessionId) => messages(store, sessionId),
    effects: () => effects(store),
    effectsOf: (subject) => effectsOf(store, subject),
    effect: (key) => effect(store, key),
    verdicts: () => verdicts(store),
    spend: () => spend(store),
    runSpend: (runId) => runSpend(store, runId),
    frozen: () => frozen(store),
    openCommands: () => openCommands(store),
    reportKeys: () => reportKeys(store),
    pendingReports: () => pendingReports(store),
    events: (filter) => events(store, filter),
    close,
  };
}

export function journal(store: Store, close: () => Promise<void>): Journal {
  return {
    ...journalReader(store, close),
    claim: (claimed, previousGeneration) => claim(store, claimed, previousGeneration),
    updateRecord: (issueId, generation, change) => updateRecord(store, issueId, generation, change),
    createRun: (created) => createRun(store, created),
    takeRun: (id) => takeRun(store, id),
    endRun: (id, end) => endRun(store, id, end),
    appendMessage: (sessionId, runId, index, message) => appendMessage(store, sessionId, runId, index, message),
    intend: (intended) => intend(store, intended),
    asked: (key) => asked(store, key),
    confirm: (key, outsideId) => confirm(store, key, outsideId),
    failEffect: (key, error, outcome) => failEffect(store, key, error, outcome),
    recordVerdict: (verdict) => recordVerdict(store, verdict),
    reserve: (request) => reserve(store, request),
    settle: (reservationId, cost) => settle(store, reservationId, cost),
    freeze: (repository, why) => freeze(store, repository, why),
    thaw: (repository, cause) => thaw(store, repository, cause),
    noteCommand: (command) => noteCommand(store, command),
    settleCommand: (commentId, outcome) => settleCommand(store, commentId, outcome),
    enqueueReport: (report) => enqueueReport(store, report),
    reportDelivered: (key, sink) => reportDelivered(store, key, sink),
    reportFailed: (key, sink, error, retryAt) => reportFailed(store, key, sink, error, retryAt),
    event: (happened) => event(store, happened),
    recover: () =>
      store.db.transaction().execute(async (db) => {
        const inOne = { ...store, db };
        await recoverRuns(inOne);
        return { settledReservations: await recoverSpend(inOne) };
      }),
  };
}
