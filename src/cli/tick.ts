/** `heartline tick`: one turn for people who bring their own cron, and `--dry-run` to see on the live board what would be done. */
import { join } from 'node:path';
import { connect } from '../connect.ts';
import type { Action } from '../domain/action.ts';
import type { Journal } from '../heartbeat/journal.ts';
import { createObserver } from '../heartbeat/observe.ts';
import { rehearse } from '../heartbeat/tick.ts';
import { rulesOf, startBot } from '../main.ts';
import { rehearsalJournal } from '../store/rehearsal-journal.ts';
import { Complaint } from './complaint.ts';
import { readConfigAndSecrets } from './read-config.ts';
import { statusText } from './status-text.ts';

export async function tickOnce(options: {
  readonly config: string | null;
  readonly dryRun: boolean;
  readonly json: boolean;
}): Promise<number> {
  const { config, secrets } = await readConfigAndSecrets(options.config);
  const parts = connect(config.current(), secrets);
  if (options.dryRun) {
    const journal: Journal = await rehearsalJournal({
      file: join(config.current().wiring.dataDir, 'heartline.db'),
      now: parts.clock.now,
    });
    const observer = createObserver({ ...parts, journal });
    const { outside, decision } = await rehearse({
      observer,
      rules: () => rulesOf(config.current()),
      accepting: () => true,
    });
    await journal.close();
    const unread = [outside.board, ...outside.repositories.values()].flatMap((read) =>
      read.known ? [] : [read.reason],
    );
    if (options.json)
      process.stdout.write(
        `${JSON.stringify({ schema: 1, actions: decision.actions, issues: decision.issues, pullRequests: decision.pullRequests, unread }, null, 2)}\n`,
      );
    else
      process.stdout.write(
        [
          ...unread.map((reason) => `could not be read: ${reason}`),
          ...decision.actions.map(actionLine),
          ...(decision.actions.length === 0 ? ['Nothing would be done.'] : []),
          '',
        ].join('\n'),
      );
    return unread.length === 0 ? 0 : 1;
  }
  const bot = await startBot(config, secrets, parts, (text) => process.stderr.write(text)).catch((error: unknown) => {
    throw error instanceof Error && error.name === 'Error' ? new Complaint(error.message) : error;
  });
  await bot.settled();
  const status = await bot.status();
  await bot.stop();
  process.stdout.write(options.json ? `${JSON.stringify(status, null, 2)}\n` : statusText(status));
  return 0;
}

function actionLine(action: Action): string {
  const about = 'issueKey' in action && action.issueKey !== null ? `${action.issueKey} ` : '';
  return `would ${about}${action.kind}: ${action.reason}`;
}
