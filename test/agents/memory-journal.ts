/** The rows a session writes, in memory, behind the same rules: compare, append at an index, reserve before spending. */

import type { SessionJournal } from '../../src/agents/session-options.ts';
import type { IssueRecord } from '../../src/domain/issue-record.ts';
import type { Run } from '../../src/domain/run.ts';
import type { TranscriptEntry, Usage } from '../../src/domain/transcript.ts';
import type { AuditVerdict, ReviewVerdict } from '../../src/domain/verdict.ts';

export interface MemoryJournal extends SessionJournal {
  readonly rows: {
    readonly runs: Map<string, Run>;
    readonly records: Map<string, IssueRecord>;
    readonly verdicts: (ReviewVerdict | AuditVerdict)[];
    readonly messages: Map<string, { readonly runId: string; readonly message: TranscriptEntry }[]>;
    readonly spend: Map<string, Spending>;
    /** What people would be told, and what the log holds. */
    readonly told: string[];
    /** Of the log, what tells of a session's calls. */
    readonly calls: Parameters<SessionJournal['event']>[0][];
  };
  /** Called after each message is kept; throwing from it is a death right after the write. */
  onAppend: (runId: string, count: number) => void;
}

export interface Spending {
  readonly runId: string;
  readonly reserved: number;
  settled: { readonly microUsd: number; readonly usage: Usage; readonly model: string } | null;
}

class StaleWrite extends Error {
  override readonly name = 'StaleWrite';
}

export function memoryJournal(): MemoryJournal {
  const rows: MemoryJournal['rows'] = {
    runs: new Map(),
    records: new Map(),
    verdicts: [],
    messages: new Map(),
    spend: new Map(),
    told: [],
    calls: [],
  };
  const spentBy = (runId: string | null) =>
    [...rows.spend.values()]
      .filter((spending) => runId === null || spending.runId === runId)
      .reduce((sum, spending) => sum + (spending.settled?.microUsd ?? spending.reserved), 0);
  const journal: MemoryJournal = {
    rows,
    onAppend: () => {},
    record: async (id) => rows.records.get(id) ?? null,
    run: async (id) => rows.runs.get(id) ?? null,
    verdicts: async () => rows.verdicts,
    takeRun: async (id) => {
      const run = rows.runs.get(id);
      if (run === undefined || (run.state !== 'queued' && run.state !== 'running')) return false;
      rows.runs.set(id, { ...run, state: 'running' });
      return true;
    },
    endRun: async (id, end) => {
      const run = rows.runs.get(id);
      if (run === undefined || (run.state !== 'queued' && run.state !== 'running')) return false;
      const { state, reason, result, model } = end;
      rows.runs.set(id, { ...run, state, endReason: reason, result, model, endedAt: 1 });
      return true;
    },
    messages: async (sessionId) => rows.messages.get(sessionId) ?? [],
    appendMessage: async (sessionId, runId, index, message) => {
      const kept = rows.messages.get(sessionId) ?? [];
      if (kept.length !== index) throw new StaleWrite(`index ${index} is taken`);
      // As a real store: what was handed in can no longer change what is kept.
      rows.messages.set(sessionId, [...kept, { runId, message: structuredClone(message) }]);
      journal.onAppend(runId, index + 1);
    },
    reserve: async ({ runId, microUsd, caps }) => {
      if (spentBy(runId) + microUsd > caps.run) return { ok: false, reason: 'The cap of this run is reached.' };
      if (spentBy(null) + microUsd > caps.day) return { ok: false, reason: 'The cap of today is reached.' };
      const reservationId = `reservation-${rows.spend.size + 1}`;
      rows.spend.set(reservationId, { runId, reserved: microUsd, settled: null });
      return { ok: true, reservationId };
    },
    settle: async (id, cost) => {
      const spending = rows.spend.get(id);
      if (spending === undefined || spending.settled !== null) throw new Error(`settled twice: ${id}`);
      spending.settled = cost;
    },
    runSpend: async (runId) => spentBy(runId),
    event: async ({ kind, subject, text, data }) => {
      if (kind === 'model-call' || kind === 'tool-call') rows.calls.push({ kind, subject, text, data });
      else rows.told.push(`event: ${kind}`);
    },
    enqueueReport: async ({ text }) => {
      rows.told.push(text);
      return true;
    },
  };
  return journal;
}
