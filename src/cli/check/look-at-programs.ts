/** Asks the programs of external drivers for their versions, in a room like the one they will work in. */
import { access, chown, constants, mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import type { ExternalDriver, Settings } from '../../domain/settings.ts';
import { type Isolation, OWNER_UID_MIN } from '../../heartbeat/ports.ts';

export interface ProgramFacts {
  /** Where it stands in the room; null when it is not there. */
  readonly path: string | null;
  /** Whether the room has the node by which it is started. */
  readonly node: boolean;
  /** What it printed when it was asked for its version. */
  readonly said: string;
  /** Where this machine has it outside of rooms. */
  readonly outside: string | null;
}

const VERSION_MS_MAX = 40_000;
const OUTPUT_BYTES_MAX = 4_000;
const NAME = 'check-programs';

/** By driver; those alone that some role has. Throws OutsideError when no room can be made. */
export async function lookAtPrograms(
  settings: Settings,
  isolation: Isolation,
): Promise<ReadonlyMap<string, ProgramFacts>> {
  const used = new Set(Object.values(settings.roles).map((role) => role.driver ?? 'api'));
  const drivers = Object.entries(settings.drivers ?? {}).filter(([name]) => used.has(name));
  const facts = new Map<string, ProgramFacts>();
  if (drivers.length === 0) return facts;
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'heartline-programs-')));
  try {
    const toolchains = [...new Set(settings.projects.flatMap((project) => project.toolchains))];
    // One after the other: some of these take half a gigabyte to say their version.
    for (const [name, driver] of drivers) facts.set(name, await lookAtOne(driver, toolchains, folder, isolation));
    return facts;
  } finally {
    await isolation.dispose(NAME);
    await rm(folder, { recursive: true, force: true });
  }
}

const NO_NODE = 'no node\n';
const LOOK =
  'node --version >/dev/null 2>&1 || echo "no node"; command -v -- "$1" || exit 127; exec "$1" --version </dev/null';

async function lookAtOne(
  { command, environment }: ExternalDriver,
  toolchains: readonly string[],
  folder: string,
  isolation: Isolation,
): Promise<ProgramFacts> {
  const [tree, out, mirror] = [join(folder, 'tree'), join(folder, 'out'), join(folder, 'mirror')];
  for (const path of [tree, out, mirror]) await mkdir(path, { recursive: true });
  const owner = isolation.driver === 'docker' && process.getuid?.() === 0 ? { uid: OWNER_UID_MIN } : null;
  if (owner !== null) for (const path of [tree, out]) await chown(path, owner.uid, owner.uid);
  const { output } = await isolation.exec({
    argv: ['/bin/sh', '-c', LOOK, 'look', command],
    workspace: { name: NAME, tree, out, mirror, ...(owner === null ? {} : { owner }) },
    readOnly: false,
    environment,
    toolchains,
    timeoutMs: VERSION_MS_MAX,
    outputBytesMax: OUTPUT_BYTES_MAX,
    signal: new AbortController().signal,
  });
  const node = !output.startsWith(NO_NODE);
  const [path = '', ...said] = (node ? output : output.slice(NO_NODE.length)).split('\n');
  const there = path.startsWith('/');
  return {
    path: there ? path : null,
    said: [...(there ? [] : [path]), ...said].join('\n').trim(),
    node,
    outside: await findOutside(command),
  };
}

async function findOutside(command: string): Promise<string | null> {
  const folders = isAbsolute(command) ? [''] : (process.env.PATH ?? '').split(delimiter).filter(isAbsolute);
  for (const folder of folders) {
    const path = join(folder, command);
    const runs = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return path;
  }
  return null;
}
