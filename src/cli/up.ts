/** `heartline up`: the always-on service. Runs until SIGTERM or SIGINT; a second signal leaves at once. */
import { createIsolation } from '../isolation/create-isolation.ts';
import { Complaint } from './complaint.ts';
import { handBackMemory } from './hand-back-memory.ts';
import { readConfigAndSecrets } from './read-config.ts';

export async function up(options: { readonly config: string | null; readonly json: boolean }): Promise<number> {
  const { config, secrets } = await readConfigAndSecrets(options.config);
  const { wiring, warnings, heartbeat } = config.current();
  // A room is tried out while the rest of the bot is loaded: one waits, the other computes, and each takes about as long.
  let tell = (_message: string): void => {};
  const isolation = createIsolation({ ...wiring.isolation, log: (message) => tell(message) });
  const probe = isolation.probe();
  // Whoever starts the bot below hears of it; until then nobody listens.
  probe.catch(() => undefined);
  const [{ connect }, { startBot }] = await Promise.all([import('../connect.ts'), import('../main.ts')]);
  const parts = connect(config.current(), secrets, { isolation: { ...isolation, probe: () => probe } });
  tell = (message) => parts.log.debug(message);
  for (const warning of warnings) parts.log.warn(warning);
  const write = (text: string): void => {
    process.stdout.write(options.json ? `${JSON.stringify({ report: text.trimEnd() })}\n` : text);
  };
  const bot = await startBot(config, secrets, parts, write).catch((error: unknown) => {
    // startBot's plain Errors say what to do; named ones are explained by the command line itself.
    throw error instanceof Error && error.name === 'Error' ? new Complaint(error.message) : error;
  });
  // Listening before anybody is told that it is up: whoever waits for that line may stop it at once.
  const stopped = stopSignal(() =>
    parts.log.info('stopping: sessions are put down where they are and go on at the next start'),
  );
  const startedMs = Math.round(performance.now());
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ ready: true, startedMs, pid: process.pid, dataDir: wiring.dataDir })}\n`
      : `heartline is up (${startedMs} ms): ${config
          .current()
          .settings.projects.map((project) => `${project.team} -> ${project.repository}`)
          .join(', ')}; heartbeat ${heartbeat.cadence}.\n`,
  );
  bot.settled().then(handBackMemory);
  await stopped;
  await bot.stop();
  return 0;
}

function stopSignal(tell: () => void): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const stop = (): void => {
      if (asked) process.exit(130);
      asked = true;
      tell();
      resolve();
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
  });
}
