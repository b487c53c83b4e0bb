/** `heartline why ENG-12`: the decision's own verdict tree for one issue, and the last things that happened to it. */

import type { IssueView } from '../decide/issue-view.ts';
import { dollars } from '../decide/words.ts';
import type { LoggedEvent } from '../heartbeat/journal.ts';
import type { Status } from '../heartbeat/status.ts';
import { askDaemon } from './ask-daemon.ts';
import { Complaint } from './complaint.ts';
import { readConfig } from './read-config.ts';
import { verdictLines } from './status-text.ts';

const EVENTS_SHOWN_MAX = 12;

export async function why(options: {
  readonly config: string | null;
  readonly issue: string;
  readonly json: boolean;
}): Promise<number> {
  const { wiring } = (await readConfig(options.config)).current();
  const status = (await askDaemon(wiring.dataDir, 'GET', '/status')) as Status;
  const issue = status.issues.find((one) => one.key.toLowerCase() === options.issue.toLowerCase());
  if (issue === undefined) throw new Complaint(notSeen(options.issue, status));
  const events = (await askDaemon(
    wiring.dataDir,
    'GET',
    `/events/${encodeURIComponent(`issue:${issue.issueId}`)}`,
  )) as readonly LoggedEvent[];
  process.stdout.write(
    options.json ? `${JSON.stringify({ schema: 1, issue, events }, null, 2)}\n` : text(issue, events),
  );
  return 0;
}

function text(issue: IssueView, events: readonly LoggedEvent[]): string {
  const where = issue.phase === 'active' ? `stage ${issue.stage ?? '-'}` : issue.phase;
  return [
    `${issue.key} ${issue.title} (${where}, ${dollars(issue.microUsd)})`,
    ...verdictLines(issue.verdict),
    ...(events.length === 0
      ? []
      : [
          '',
          'Last:',
          ...events
            .slice(-EVENTS_SHOWN_MAX)
            .map((event) => `${new Date(event.at).toISOString()} ${event.kind}: ${event.text}`),
        ]),
    '',
  ].join('\n');
}

function notSeen(key: string, status: Status): string {
  if (status.reads.linear !== null)
    return `Linear has not been read (${status.reads.linear}), so nothing is known about ${key}.`;
  return `${key} is not among the issues that are watched: it is in another team, or in a state the bot does not look at (triage, backlog, done, canceled).`;
}
