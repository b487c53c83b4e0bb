/** The machine itself: Node, git, a safe room for commands, the data folder, the way out for reports. */
import type { Isolation, Layer } from '../../heartbeat/ports.ts';
import { type CheckLine, type Look, linesAbout } from './check-line.ts';

const NODE_MAJOR_MIN = 24;
/** `merge-tree --write-tree`, by which a merge is verified, came with 2.38. */
const GIT_VERSION_MIN = { major: 2, minor: 38 } as const;

export function judgeNode(version: string): CheckLine {
  const line = linesAbout('machine', 'node');
  return Number.parseInt(version, 10) >= NODE_MAJOR_MIN
    ? line.ok(`${version}.`)
    : line.fail(`${version} is too old.`, `Install Node ${NODE_MAJOR_MIN} or newer.`);
}

/** `text` is what `git --version` printed. */
export function judgeGit(text: Look<string>): CheckLine {
  const line = linesAbout('machine', 'git');
  const wanted = `${GIT_VERSION_MIN.major}.${GIT_VERSION_MIN.minor}`;
  const install = `Install git ${wanted} or newer: sudo apt-get install -y git`;
  if (!text.known) return line.fail(`it does not run (${text.reason}).`, install);
  const match = /(\d+)\.(\d+)(?:\.\d+)*/.exec(text.value);
  const [major, minor] = [Number(match?.[1]), Number(match?.[2])];
  const fine = major > GIT_VERSION_MIN.major || (major === GIT_VERSION_MIN.major && minor >= GIT_VERSION_MIN.minor);
  return fine
    ? line.ok(`${match?.[0]}.`)
    : line.fail(`${match?.[0] ?? text.value.trim()} is too old: ${wanted} is needed to verify merges.`, install);
}

export interface IsolationFacts {
  readonly driver: Isolation['driver'];
  readonly probe: Look<Awaited<ReturnType<Isolation['probe']>>>;
  readonly layers: readonly Layer[];
}

export function judgeIsolation({ driver, probe, layers }: IsolationFacts): readonly CheckLine[] {
  const line = linesAbout('machine', 'isolation');
  if (!probe.known) return [line.fail(probe.reason, 'Sessions have no safe place to run until this is mended.')];
  if (probe.value !== null) return [line.fail(`${probe.value.missing}.`, `Run: ${probe.value.fix}`)];
  if (driver === 'none') {
    const fix = 'Set isolation.driver: bwrap, unless this machine can be thrown away.';
    return [line.warn('none: agents can read everything this user can read.', fix)];
  }
  return [
    line.ok(`${driver} holds: a command inside could not get out.`),
    // What the probe insists on is always on: without it nothing starts.
    ...layers.map(({ name, state, fix }) => {
      if (state === 'on') return line.ok(`it has ${name}.`);
      // Where there is nothing to mend, the layer does not apply here.
      return fix === null ? line.ok(`it does without ${name}.`) : line.warn(`it does without ${name}.`, fix);
    }),
  ];
}

export interface DataFolderFacts {
  readonly path: string;
  /** `missing` when it will be made, then `writable` speaks of the folder it will be made in. */
  readonly kind: 'folder' | 'missing' | 'other';
  readonly writable: boolean;
  /** Files or the folder itself that other users can read, with the mode that closes each. */
  readonly openToOthers: readonly { readonly path: string; readonly mode: string }[];
  /** Process of the bot that runs on it. */
  readonly holder: { readonly pid: number | null } | null;
  /** What is wrong with the journal in it; null when it is fine or not there yet. */
  readonly journal: string | null;
}

export function judgeDataFolder(facts: DataFolderFacts): readonly CheckLine[] {
  const line = linesAbout('machine', 'data folder');
  if (facts.kind === 'other') {
    return [line.fail(`${facts.path} is not a folder.`, 'Name another one as dataDir.')];
  }
  if (!facts.writable) {
    return [line.fail(`${facts.path} cannot be written.`, 'Give it to the user that runs this, or change dataDir.')];
  }
  return [
    ...facts.openToOthers.map(({ path, mode }) =>
      line.fail(`other users can read ${path}.`, `Run: chmod ${mode} '${path}'`),
    ),
    ...(facts.openToOthers.length > 0
      ? []
      : [line.ok(facts.kind === 'missing' ? `${facts.path} will be made.` : `${facts.path} is private.`)]),
    // Its own sentence says already what to do.
    ...(facts.journal === null ? [] : [line.fail(facts.journal, 'Nothing runs on it until then.')]),
    ...(facts.holder === null
      ? []
      : [line.ok(`a bot is running on it${facts.holder.pid === null ? '' : ` (process ${facts.holder.pid})`}.`)]),
  ];
}

export interface WebhookFacts {
  readonly host: string;
  readonly reached: Look<unknown>;
}

/** A receiver that is down blocks nothing: reports wait in the outbox. */
export function judgeWebhook({ host, reached }: WebhookFacts): CheckLine {
  const line = linesAbout('reports', 'webhook');
  return reached.known
    ? line.ok(`${host} takes connections; nothing was sent.`)
    : line.warn(
        `${host} cannot be reached (${reached.reason}): reports wait.`,
        'See that reports.webhook.url is right.',
      );
}
