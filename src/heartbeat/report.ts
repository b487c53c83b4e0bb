/** report: what waits in the outbox goes to every sink, at least once each; the digest says on its cron how everything stands. */
import type { Decision } from '../decide/decide.ts';
import type { IssueView } from '../decide/issue-view.ts';
import { retryDelayMs } from '../decide/retry.ts';
import { dollars } from '../decide/words.ts';
import type { EpochMs } from '../domain/issue.ts';
import { OutsideError } from '../domain/outside-error.ts';
import type { MicroUsd } from '../domain/run.ts';
import type { Journal } from './journal.ts';
import type { Clock, Sink } from './ports.ts';

export interface ReportParts {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly sinks: readonly Sink[];
  /** Takes known secrets out of whatever leaves. */
  readonly redact: (text: string) => string;
}

/** After so many failures of one report the next is tried as well: does the sink fail, or only this one? */
const SUSPECT_TRIES = 3;

/**
 * Delivers what is due: to each sink by itself, for one that hangs must hold back no other, and in order. A report that
 * failed holds up those behind it until it is tried again, for mostly it is the sink that is away; what is refused, or fails
 * again and again while the next one is taken, is stepped over.
 */
export function createReporter({ clock, journal, sinks, redact }: ReportParts): { deliver(): Promise<void> } {
  const lanes = sinks.map((sink) => inTurn(passTo(sink)));
  return {
    deliver: async () => {
      await Promise.all(lanes.map((deliver) => deliver()));
    },
  };

  function passTo(sink: Sink): () => Promise<void> {
    const tries = new Map<string, number>();
    const steppedOver = new Set<string>();
    return async () => {
      let suspect: string | null = null;
      for (const report of await journal.pendingReports()) {
        const { key } = report;
        if (report.delivered.includes(sink.name)) continue;
        if ((report.retryAt[sink.name] ?? 0) > clock.now()) {
          if (steppedOver.has(key)) continue;
          return;
        }
        try {
          await sink.deliver({ ...report, text: redact(report.text) });
          await journal.reportDelivered(key, sink.name);
          tries.delete(key);
          steppedOver.delete(key);
          if (suspect !== null) steppedOver.add(suspect);
          suspect = null;
        } catch (error) {
          if (!(error instanceof OutsideError)) throw error;
          const tried = (tries.get(key) ?? 0) + 1;
          tries.set(key, tried);
          const retryAt = clock.now() + retryDelayMs(tried, error.retryAfterMs);
          await journal.reportFailed(key, sink.name, error.message, retryAt);
          if (!error.transient) steppedOver.add(key);
          else if (tried < SUSPECT_TRIES || suspect !== null) return;
          else suspect = key;
        }
      }
    };
  }
}

/** One pass at a time. Asked for during one, it makes another after it, for what came meanwhile. */
function inTurn(pass: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  let asked = false;
  const passes = async (): Promise<void> => {
    try {
      while (asked) {
        asked = false;
        await pass();
      }
    } finally {
      running = null;
    }
  };
  return () => {
    asked = true;
    running ??= passes();
    return running;
  };
}

export interface DigestFacts {
  readonly decision: Decision;
  /** `merged` and `parked` reports since the last digest are told from the issues' phases and this time. */
  readonly landed: readonly string[];
  readonly dayMicroUsd: MicroUsd;
  readonly dayMicroUsdMax: MicroUsd;
  readonly nextLookAt: EpochMs | null;
  /** What could not be read at the last look; empty when all could. */
  readonly unread: readonly string[];
}

/** Silence is a result too: an empty digest still says when the next look is. */
export function digestText({ decision, landed, dayMicroUsd, dayMicroUsdMax, nextLookAt, unread }: DigestFacts): string {
  const at = (phase: IssueView['phase']): readonly IssueView[] =>
    decision.issues.filter((issue) => issue.phase === phase);
  const needsPerson = at('active').filter((issue) => issue.verdict.status === 'no' && issue.stage === 'merge');
  const lines = [
    ...section('Landed', landed),
    ...section(
      'In flight',
      at('active')
        .filter((issue) => !needsPerson.includes(issue))
        .map((issue) => `${issue.key} ${issue.stage ?? ''}: ${issue.verdict.reason}`),
    ),
    ...section(
      'Waiting for you',
      needsPerson.map((issue) => `${issue.key}: ${issue.verdict.reason}`),
    ),
    ...section(
      'Parked',
      at('parked').map((issue) => `${issue.key}: ${issue.verdict.reason}`),
    ),
    ...section(
      'Not started',
      at('waiting').map((issue) => `${issue.key}: ${issue.verdict.reason}`),
    ),
    ...section('Could not be read', unread),
    `Money today: ${dollars(dayMicroUsd)} of ${dollars(dayMicroUsdMax)}. Next look: ${nextLookAt === null ? 'unknown' : new Date(nextLookAt).toISOString()}.`,
  ];
  return lines.join('\n');
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `- ${line}`)];
}
