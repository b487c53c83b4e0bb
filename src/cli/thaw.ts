/** `heartline thaw owner/name`: a person looked at what froze a repository and allows merging again. */
import { askDaemon } from './ask-daemon.ts';
import { readConfig } from './read-config.ts';

export async function thaw(options: {
  readonly config: string | null;
  readonly repository: string;
  readonly json: boolean;
}): Promise<number> {
  const { wiring } = (await readConfig(options.config)).current();
  const answer = (await askDaemon(wiring.dataDir, 'POST', `/thaw/${encodeURIComponent(options.repository)}`)) as {
    readonly thawed: boolean;
  };
  const text = answer.thawed
    ? `${options.repository} is thawed. Parked issues go on with /resume.`
    : `${options.repository} was not frozen.`;
  process.stdout.write(options.json ? `${JSON.stringify({ schema: 1, ...answer })}\n` : `${text}\n`);
  return 0;
}
