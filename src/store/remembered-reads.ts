/**
 * What was read for a look stays read until a write of ours may have changed it: the lock makes sure that nobody else writes
 * these rows, and between most rounds of a tick most of them stay as they are. Where a write says which row it moved, that
 * row alone is read again.
 */
import type { Effect } from '../domain/effect.ts';
import type { EpochMs } from '../domain/issue.ts';
import type { IssueRecord } from '../domain/issue-record.ts';
import type { Run } from '../domain/run.ts';
import type { Journal } from '../heartbeat/journal.ts';

export function rememberedReads(journal: Journal, now: () => EpochMs): Journal {
  const records = rememberedRows<IssueRecord>(now, {
    all: async () => new Map((await journal.records()).map((one) => [one.issueId, one])),
    one: (issueId) => journal.record(issueId),
    order: (one, other) => one.claimedAt - other.claimedAt || (one.issueId < other.issueId ? -1 : 1),
  });
  const effects = rememberedRows<Effect>(now, {
    all: () => journal.effects(),
    one: (key) => journal.effect(key),
    order: (one, other) => one.intendedAt - other.intendedAt || (one.key < other.key ? -1 : 1),
  });
  const runs = rememberedRows<Run>(now, {
    all: async () => new Map((await journal.runs()).map((one) => [one.id, one])),
    one: (id) => journal.run(id),
    // As they were written, and a new one is written last.
    order: () => 0,
  });
  const verdicts = remembered(now, () => journal.verdicts());
  const spend = remembered(now, () => journal.spend());
  const frozen = remembered(now, () => journal.frozen());
  const openCommands = remembered(now, () => journal.openCommands());
  const reportKeys = remembered(now, () => journal.reportKeys());
  const pendingReports = remembered(now, () => journal.pendingReports());
  /** Which rows are shown of these hangs on the issues' phases and pull requests. */
  const forgetShown = (): void => {
    for (const one of [effects, runs, verdicts, spend]) one.forget();
  };

  return {
    records: async () => [...(await records.read()).values()],
    effects: () => effects.read(),
    runs: async () => [...(await runs.read()).values()],
    verdicts: verdicts.read,
    spend: spend.read,
    frozen: frozen.read,
    openCommands: openCommands.read,
    reportKeys: reportKeys.read,
    pendingReports: pendingReports.read,

    record: (issueId) => journal.record(issueId),
    run: (id) => journal.run(id),
    messages: (sessionId) => journal.messages(sessionId),
    effect: (key) => journal.effect(key),
    effectsOf: (subject) => journal.effectsOf(subject),
    runSpend: (runId) => journal.runSpend(runId),
    events: (filter) => journal.events(filter),

    claim: (claimed, previousGeneration) =>
      after(journal.claim(claimed, previousGeneration), () => {
        records.moved(claimed.issueId);
        forgetShown();
      }),
    updateRecord: (issueId, generation, change) =>
      after(journal.updateRecord(issueId, generation, change), () => {
        records.moved(issueId);
        if (SHOWN_BY.some((column) => column in change)) forgetShown();
      }),
    createRun: (created) => after(journal.createRun(created), () => runs.moved(created.id)),
    takeRun: (id) => after(journal.takeRun(id), () => runs.moved(id)),
    endRun: (id, end) => after(journal.endRun(id, end), () => runs.moved(id)),
    intend: (intended) => after(journal.intend(intended), () => effects.moved(intended.key)),
    confirm: (key, outsideId) => after(journal.confirm(key, outsideId), () => effects.moved(key)),
    failEffect: (key, error, outcome) => after(journal.failEffect(key, error, outcome), () => effects.moved(key)),
    recordVerdict: (verdict) => after(journal.recordVerdict(verdict), verdicts.forget),
    reserve: (request) => after(journal.reserve(request), spend.forget),
    settle: (reservationId, cost) => after(journal.settle(reservationId, cost), spend.forget),
    freeze: (repository, freeze) => after(journal.freeze(repository, freeze), frozen.forget),
    thaw: (repository, cause) => after(journal.thaw(repository, cause), frozen.forget),
    noteCommand: (command) => after(journal.noteCommand(command), openCommands.forget),
    settleCommand: (commentId, outcome) => after(journal.settleCommand(commentId, outcome), openCommands.forget),
    enqueueReport: (report) =>
      after(journal.enqueueReport(report), () => {
        reportKeys.forget();
        pendingReports.forget();
      }),
    reportDelivered: (key, sink) => after(journal.reportDelivered(key, sink), pendingReports.forget),
    reportFailed: (key, sink, error, retryAt) =>
      after(journal.reportFailed(key, sink, error, retryAt), pendingReports.forget),
    recover: () =>
      after(journal.recover(), () => {
        for (const one of [records, frozen, openCommands, reportKeys, pendingReports]) one.forget();
        forgetShown();
      }),
    appendMessage: (sessionId, runId, index, message) => journal.appendMessage(sessionId, runId, index, message),
    asked: (key) => journal.asked(key),
    event: (happened) => journal.event(happened),
    close: () => journal.close(),
  };
}

const SHOWN_BY: readonly (keyof IssueRecord)[] = ['phase', 'pullRequest', 'repository'];

/**
 * Which rows count also hangs on the time: days, and how many of them ago something ended. Stretches of this length are
 * counted from midnight UTC, where a day's money ends.
 */
const REMEMBERED_MS = 10 * 60_000;

/** Also after a failure: what was written may be there all the same. */
async function after<Result>(written: Promise<Result>, forget: () => void): Promise<Result> {
  try {
    return await written;
  } finally {
    forget();
  }
}

interface Remembered<Value> {
  read(): Promise<Value>;
  forget(): void;
}

function remembered<Value>(now: () => EpochMs, read: () => Promise<Value>): Remembered<Value> {
  let kept: Kept<Value> | null = null;
  return {
    read: () => {
      if (kept === null || !isFresh(kept, now())) {
        const entry = { at: now(), value: read() };
        kept = entry;
        entry.value.catch(() => {
          if (kept === entry) kept = null;
        });
      }
      return kept.value;
    },
    forget: () => {
      kept = null;
    },
  };
}

/** Rows by what names them, in their order. */
interface RememberedRows<Row> extends Remembered<ReadonlyMap<string, Row>> {
  moved(id: string): void;
}

interface RowReads<Row> {
  readonly all: () => Promise<ReadonlyMap<string, Row>>;
  readonly one: (id: string) => Promise<Row | null>;
  readonly order: (one: Row, other: Row) => number;
}

function rememberedRows<Row>(now: () => EpochMs, { all, one, order }: RowReads<Row>): RememberedRows<Row> {
  let kept: Kept<ReadonlyMap<string, Row>> | null = null;
  const moved = new Set<string>();

  /** Nobody's map changes under them. */
  const patched = async (before: Promise<ReadonlyMap<string, Row>>, ids: readonly string[]) => {
    const [rows, read] = await Promise.all([before, Promise.all(ids.map(one))]);
    const next = new Map(rows);
    for (const [at, id] of ids.entries()) {
      const row = read[at] ?? null;
      if (row === null) next.delete(id);
      else next.set(id, row);
    }
    return new Map([...next].sort(([, first], [, second]) => order(first, second)));
  };

  return {
    read: () => {
      const at = now();
      if (kept !== null && isFresh(kept, at) && moved.size === 0) return kept.value;
      const known = kept !== null && isFresh(kept, at) ? kept : null;
      const entry = known === null ? { at, value: all() } : { at: known.at, value: patched(known.value, [...moved]) };
      moved.clear();
      kept = entry;
      entry.value.catch(() => {
        if (kept === entry) kept = null;
      });
      return entry.value;
    },
    moved: (id) => moved.add(id),
    forget: () => {
      kept = null;
    },
  };
}

interface Kept<Value> {
  readonly at: EpochMs;
  readonly value: Promise<Value>;
}

function isFresh({ at }: Kept<unknown>, now: EpochMs): boolean {
  return Math.floor(at / REMEMBERED_MS) === Math.floor(now / REMEMBERED_MS);
}
