/**
 * The room with layers taken away: a `bwrap` that stands first on the bot's PATH, takes the arguments that the shipped
 * code made, leaves out those of the layers and passes on the rest. What it does not know it refuses, so that a layer
 * that is new in the shipped code cannot be forgotten here. A user of its own for each workspace is a wall behind these
 * walls, so it falls with any of them: bubblewrap seems unable to run as another user then, and the bot does without.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { RoomLayer } from './row.ts';

/** Arguments by the number of values they take. */
const ARITY: Readonly<Record<number, string>> = {
  0: '--clearenv|--disable-userns|--die-with-parent|--new-session|--as-pid-1|--unshare-*',
  1: '--uid|--gid|--cap-drop|--hostname|--json-status-fd|--chdir|--seccomp|--add-seccomp-fd|--info-fd|--block-fd|--sync-fd',
  2: '--setenv',
};
/** Those that make the view. */
const VIEW: Readonly<Record<number, string>> = {
  1: '--tmpfs|--dev|--proc|--remount-ro|--size|--dir|--mqueue|--perms|--overlay-src|--ro-overlay|--tmp-overlay',
  2: '--ro-bind|--bind|--dev-bind|--ro-bind-try|--bind-try|--dev-bind-try|--symlink|--file|--bind-data|--ro-bind-data|--chmod',
};

/** What stands for bubblewrap's first line where it runs as another user: setpriv's flag behind its own. */
const AS_OWNER = '--reuid';
/** Rooms by which the bot tries itself, so that it starts although they leak in play. */
const PROBE = '*heartline-probe-*|';

/** Writes it and gives the folder to put first on PATH; with no layers it passes everything on. */
export async function weakenRoom(
  folder: string,
  program: string,
  gone: readonly RoomLayer[],
  bot: Bot,
): Promise<string> {
  await mkdir(folder, { recursive: true });
  const isGone = (layer: RoomLayer): string => (gone.includes(layer) ? 'true' : 'false');
  const inherited = Object.entries(bot.environment).map(([name, value]) => `${name}='${value}'`);
  const spaces = [
    ...(gone.includes('user-namespace') ? [] : ['--unshare-user']),
    ...(gone.includes('pid-namespace') ? [] : ['--unshare-pid']),
    ...(gone.includes('network') ? [] : ['--unshare-net']),
    ...(gone.includes('ipc-namespace') ? [] : ['--unshare-ipc']),
    ...['--unshare-uts', '--unshare-cgroup-try'],
  ];
  const script = `#!/bin/bash
set -f
case "$*" in
  *' ${AS_OWNER} '*) ${gone.length === 0 || bot.keepsOwnUser === true} && exec '${program}' "$@"; exit 97;;
  ${bot.weakensProbe === true ? '' : PROBE}--version) exec '${program}' "$@";;
esac
new=()
while [ $# -gt 0 ]; do
  case "$1" in
    --) break;;
    --unshare-all) new+=(${spaces.join(' ')}); shift;;
    --unshare-user) ${isGone('user-namespace')} || new+=("$1"); shift;;
    --disable-userns) ${isGone('user-namespace')} || new+=("$1"); shift;;
    --uid|--gid) ${isGone('user-namespace')} || new+=("$1" "$2"); shift 2;;
    --cap-drop) ${isGone('capabilities')} && new+=(--cap-add ALL) || new+=("$1" "$2"); shift 2;;
    --seccomp|--add-seccomp-fd) ${isGone('system-calls')} || new+=("$1" "$2"); shift 2;;
    --clearenv) ${isGone('environment')} || new+=("$1"); shift;;
    ${VIEW[1]}) ${isGone('view')} || new+=("$1" "$2"); shift 2;;
    ${VIEW[2]}) ${isGone('view')} || new+=("$1" "$2" "$3"); shift 3;;
    ${ARITY[0]}) new+=("$1"); shift;;
    ${ARITY[1]}) new+=("$1" "$2"); shift 2;;
    ${ARITY[2]}) new+=("$1" "$2" "$3"); shift 3;;
    *) echo "weaken-room does not know $1: tell it which layer that is" >&2; exit 97;;
  esac
done
${isGone('view')} && new=(--dev-bind / / --proc /proc "\${new[@]}" --setenv PATH '${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin')
exec ${gone.includes('environment') ? `env ${inherited.join(' ')}` : ''} '${program}' "\${new[@]}" "$@"
`;
  await writeFile(join(folder, 'bwrap'), script, { mode: 0o755 });
  return folder;
}

interface Bot {
  /** What the room inherits where the environment's layer is gone. */
  readonly environment: Readonly<Record<string, string>>;
  /** The rooms of the probe are made weak too. */
  readonly weakensProbe?: boolean;
  /** Rooms run as the owner of the workspace nevertheless. */
  readonly keepsOwnUser?: boolean;
}
