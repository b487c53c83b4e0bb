/** `heartline status`: the running bot's own account of itself. */
import type { Status } from '../heartbeat/status.ts';
import { askDaemon } from './ask-daemon.ts';
import { readConfig } from './read-config.ts';
import { statusText } from './status-text.ts';

export async function status(options: { readonly config: string | null; readonly json: boolean }): Promise<number> {
  const { wiring } = (await readConfig(options.config)).current();
  const answer = (await askDaemon(wiring.dataDir, 'GET', '/status')) as Status;
  process.stdout.write(options.json ? `${JSON.stringify(answer, null, 2)}\n` : statusText(answer));
  return 0;
}
