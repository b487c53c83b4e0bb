/** Asks the running bot; commands that only look never open the rows beside it. */
import { askControl, controlSocket } from '../web/control-server.ts';
import { Complaint } from './complaint.ts';

const TIMEOUT_MS = 5_000;

/** Throws Complaint when no bot runs on this data folder, or when it cannot answer. */
export async function askDaemon(dataDir: string, method: 'GET' | 'POST', path: string): Promise<unknown> {
  const answer = await askControl(controlSocket(dataDir), method, path, TIMEOUT_MS);
  if (answer === null) throw new Complaint(`no bot is running on ${dataDir}. Start it with: heartline up`);
  if (answer.status !== 200) throw new Complaint(`the bot answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}
