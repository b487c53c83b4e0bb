/** startBot() makes the parts beat: rows, sinks, sessions, the heartbeat and the door for the command line. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSessions } from './agents/create-sessions.ts';
import { loadPrompts } from './agents/load-prompts.ts';
import { createStdoutSink } from './chat/stdout-sink.ts';
import { createWebhookSink } from './chat/webhook-sink.ts';
import type { ConfigSource } from './config/config-source.ts';
import type { LoadedConfig } from './config/load-config.ts';
import type { Secrets } from './config/secrets.ts';
import { wiringChanges } from './config/wiring.ts';
import type { Parts } from './connect.ts';
import { contentTimes } from './decide/content-writes.ts';
import type { Decision } from './decide/decide.ts';
import { type CronTimer, cronTimer } from './heartbeat/cron-timer.ts';
import { Heartbeat } from './heartbeat/heartbeat.ts';
import { failureLogs, seenTip } from './heartbeat/last-look.ts';
import { createObserver, type Outside, type Rules } from './heartbeat/observe.ts';
import type { Sink } from './heartbeat/ports.ts';
import { createReporter, digestText } from './heartbeat/report.ts';
import type { Status } from './heartbeat/status.ts';
import { steadyClock } from './heartbeat/steady-clock.ts';
import { tick } from './heartbeat/tick.ts';
import { PATIENCE_MS, UnderWay } from './heartbeat/under-way.ts';
import type { Log } from './log.ts';

const VERSION: string = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;

/** What a sink did not take by then it gets after the next start. */
const LAST_REPORTS_MS_MAX = 3_000;

export interface Bot {
  status(): Promise<Status>;
  /** Asks for a tick now. */
  wake(): void;
  thaw(repository: string): Promise<boolean>;
  /** Resolves once nothing runs and nothing more follows from what was seen. */
  settled(): Promise<void>;
  /** No new ticks, sessions stopped so that the next process resumes them, reports delivered, rows closed. */
  stop(): Promise<void>;
}

/** Throws StoreLocked, StoreRefused, or an Error that says what is missing; nothing runs then. */
export async function startBot(
  config: ConfigSource,
  secrets: Secrets,
  parts: Parts,
  write: (text: string) => void,
): Promise<Bot> {
  const { log, tracker, forge, mirror, workspaces, isolation } = parts;
  const startedAt = parts.clock.now();
  const loaded = config.current();
  const { wiring } = loaded;
  const webhook =
    wiring.webhook === null || secrets.webhookSecret === null
      ? null
      : { url: wiring.webhook.url, secret: secrets.webhookSecret, timeoutMs: wiring.webhook.timeoutMs };
  const sinks: readonly Sink[] = [
    createStdoutSink(write),
    ...(webhook === null ? [] : [createWebhookSink({ ...webhook, now: parts.clock.now })]),
  ];

  let clock = parts.clock;
  const openJournal = async () => {
    const { openStore } = await import('./store/open-store.ts');
    return openStore({
      file: join(wiring.dataDir, 'heartline.db'),
      now: () => clock.now(),
      owner: randomUUID(),
      sinks: sinks.map((sink) => sink.name),
    });
  };
  const prompts = await loadPrompts(wiring.promptsDir).catch((cause: Error) => {
    throw new Error(`${cause.message}. Mend that, or leave out \`prompts\` in heartline.yaml.`, { cause });
  });
  // The probe mostly waits for a real command to end: time in which to load and open what is needed from here on.
  const [missing, journal, { controlSocket, serveControl }] = await Promise.all([
    isolation.probe(),
    openJournal(),
    import('./web/control-server.ts'),
  ]);
  if (missing !== null) {
    await journal.close();
    throw new Error(`Sessions have no safe place to run: ${missing.missing}. ${missing.fix}`);
  }
  const [newest] = await journal.events({ limit: 1 });
  clock = steadyClock(parts.clock, parts.clock.steady ?? parts.clock.now, newest?.at ?? 0);

  const observer = createObserver({ clock, tracker, forge, mirror, journal, pressure: parts.pressure });
  await observer.fetchAhead();

  let accepting = true;
  let outside: Outside | null = null;
  let decision: Decision = { actions: [], issues: [], pullRequests: [] };
  const idle: (() => void)[] = [];
  const reporter = createReporter({ clock, journal, sinks, redact: parts.redact });
  const deliver = (): Promise<void> =>
    reporter.deliver().catch((error: unknown) => log.error({ err: error }, 'reports could not be delivered'));

  const sessions = createSessions({
    journal,
    models: parts.models,
    endpoint: parts.endpoint,
    mirror,
    workspaces,
    isolation,
    settings: () => config.current().settings,
    prompts,
    now: clock.now,
    onEnd: () => heart.wake('session-ended'),
    log,
    failureLog: (repository, head, checks) => failureLogs(forge, outside, { repository, head, checks }),
    pullRequest: (repository, number) => forge.pullRequest(repository, number),
    seenTip: (repository, branch) => seenTip(outside, repository, branch),
    ...(parts.wait === undefined ? {} : { wait: parts.wait }),
  });

  const underWay = new UnderWay({
    patience: () => sleep(PATIENCE_MS, undefined, { ref: false }),
    onLateEnd: () => heart.wake('changed'),
  });
  const heart = new Heartbeat(
    {
      clock,
      before: async () => {
        const cadence = await refresh(config, loaded, log);
        digest.follow(config.current().heartbeat.digest);
        return cadence;
      },
      tick: () =>
        tick({
          observer,
          actor: {
            clock,
            tracker,
            forge,
            mirror,
            journal,
            sessions,
            workspaces,
            people: () => config.current().settings.people,
            newId: randomUUID,
            log,
            underWay,
          },
          rules: () => rulesOf(config.current()),
          accepting: () => accepting,
        }),
      after: (result) => {
        outside = result.outside;
        decision = result.decision;
        if (result.unsettled) log.debug('more follows from this look; the next tick goes on');
        void deliver();
        if (!result.changed && underWay.idle && sessions.live().length === 0)
          for (const resolve of idle.splice(0)) resolve();
      },
      onFailure: (error) => log.error({ err: error }, 'the tick failed; nothing was decided'),
    },
    loaded.heartbeat.cadence,
  );
  const digest = digestClock(() => {
    sendDigest().catch((error: unknown) => log.error({ err: error }, 'the digest could not be sent'));
  });
  const recovered = await journal.recover();
  parts.governors.github.remember(contentTimes(await journal.effects()));
  if (recovered.settledReservations > 0)
    log.info(
      { reservations: recovered.settledReservations },
      'open model calls of the last process were booked at their worst case',
    );

  const bot: Bot = {
    status,
    wake: () => heart.wake('person'),
    thaw: async (repository) => {
      const frozen = (await journal.frozen()).has(repository);
      if (frozen) await journal.thaw(repository);
      heart.wake('person');
      return frozen;
    },
    settled: () => new Promise((resolve) => idle.push(resolve)),
    stop: async () => {
      accepting = false;
      digest.stop();
      await Promise.all([heart.stop(), sessions.drain()]);
      await underWay.end().catch((error: unknown) => log.error({ err: error }, 'an act failed in a way it must not'));
      await Promise.race([deliver(), sleep(LAST_REPORTS_MS_MAX, undefined, { ref: false })]);
      await control.close();
      await journal.close();
    },
  };
  const control = await serveControl(controlSocket(wiring.dataDir), {
    'GET /status': () => status(),
    'POST /wake': () => {
      bot.wake();
      return { woken: true };
    },
    'POST /thaw': async (repository) => ({ thawed: await bot.thaw(repository) }),
    'GET /events': (subject) => journal.events({ ...(subject === '' ? {} : { subject }), limit: 200 }),
  });
  // Whoever waits for the bot to be up is told before the first look takes the processor.
  setImmediate(() => {
    if (!accepting) return;
    heart.start();
    digest.follow(config.current().heartbeat.digest);
  });
  return bot;

  async function status(): Promise<Status> {
    const { settings, heartbeat } = config.current();
    const [spend, frozen] = await Promise.all([journal.spend(), journal.frozen()]);
    return {
      schema: 1,
      version: VERSION,
      at: clock.now(),
      startedAt,
      pid: process.pid,
      heart: { ...heart.state(), cadence: heartbeat.cadence },
      reads: {
        linear: outside === null ? 'not read yet' : outside.board.known ? null : outside.board.reason,
        repositories: Object.fromEntries(
          [...(outside?.repositories ?? [])].map(([name, view]) => [name, view.known ? null : view.reason]),
        ),
      },
      configFault: config.fault()?.message ?? null,
      issues: decision.issues.map((issue) => ({
        ...issue,
        microUsd: spend.byIssue.get(issue.issueId) ?? issue.microUsd,
      })),
      pullRequests: decision.pullRequests,
      sessions: sessions.live(),
      money: { dayMicroUsd: spend.dayMicroUsd, dayMicroUsdMax: settings.budget.dayMicroUsdMax },
      frozen: Object.fromEntries([...frozen].map(([repository, { reason }]) => [repository, reason])),
      limits: { linear: parts.governors.linear.view(), github: parts.governors.github.view() },
      quota: { linear: tracker.quota(), github: forge.quota() },
    };
  }

  async function sendDigest(): Promise<void> {
    const now = await status();
    const since = clock.now() - 24 * 3_600_000;
    const landed = (await journal.events({ since, limit: 1_000 }))
      .filter((event) => event.kind === 'merge')
      .map((event) => event.text);
    const unread = [now.reads.linear, ...Object.values(now.reads.repositories)].filter((reason) => reason !== null);
    const text = digestText({ decision, landed, ...now.money, nextLookAt: now.heart.nextLookAt, unread });
    await journal.enqueueReport({
      key: `digest:${new Date(clock.now()).toISOString().slice(0, 16)}`,
      event: 'digest',
      text,
      data: null,
    });
    await deliver();
  }
}

/** Follows the digest's cron as the config has it now. */
function digestClock(send: () => void) {
  let timer: CronTimer | null = null;
  let followed = '';
  return {
    follow(digest: LoadedConfig['heartbeat']['digest']): void {
      const wanted = JSON.stringify(digest);
      if (wanted === followed) return;
      followed = wanted;
      timer?.stop();
      timer = digest === null ? null : cronTimer(digest.cron, digest.timezone, send);
    },
    stop: () => timer?.stop(),
  };
}

export function rulesOf({ settings, pipelines, heartbeat }: LoadedConfig): Rules {
  return { settings, pipelines, duties: heartbeat.duties };
}

/** Takes over an edited config; a wrong one is told once and the last good one stays. Returns the cadence to go on with. */
async function refresh(config: ConfigSource, atStart: LoadedConfig, log: Log): Promise<string> {
  const outcome = await config.refresh();
  if (outcome === 'changed') {
    const waiting = wiringChanges(atStart.wiring, config.current().wiring);
    log.info(
      waiting.length === 0
        ? 'the edited config is in force'
        : `the edited config is in force, but ${waiting.join(', ')} only after a restart`,
    );
  } else if (outcome !== 'unchanged') {
    log.error(`the edited config is wrong, so the last good one stays in force. ${outcome.fault.message}`);
  }
  return config.current().heartbeat.cadence;
}
