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

/** Delivers what is due. One sink that fails holds back neither the others nor later reports. */
export function createReporter({ clock, journal, sinks, redact }: ReportParts): { deliver(): Promise<void> } {
  let running: Promise<void> | null = null;
  const tries = new Map<string, number>();
  return {
    deliver: () => {
      running ??= deliverDue().finally(() => {
        running = null;
      });
      return running;
    },
  };

  async function deliverDue(): Promise<void> {
    for (const report of await journal.pendingReports()) {
      for (const sink of sinks) {
        if (report.delivered.includes(sink.name) || (report.retryAt[sink.name] ?? 0) > clock.now()) continue;
        try {
          await sink.deliver({ ...report, text: redact(report.text) });
          await journal.reportDelivered(report.key, sink.name);
        } catch (error) {
          if (!(error instanceof OutsideError)) throw error;
          const id = `${report.key} ${sink.name}`;
          tries.set(id, (tries.get(id) ?? 0) + 1);
          await journal.reportFailed(
            report.key,
            sink.name,
            error.message,
            clock.now() + retryDelayMs(tries.get(id) ?? 1, error.retryAfterMs),
          );
        }
      }
    }
  }
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
