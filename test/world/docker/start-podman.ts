// Podman's Docker API on a socket of the test's own: its own storage, no network, and gone with the test. Only for root on
// a machine that has podman and runc.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { buildImage } from './build-image.ts';
import { answers, isInstalled, type TestEngine } from './start-engine.ts';

export const INSTALL_PODMAN = 'sudo apt-get install -y --no-install-recommends podman runc busybox-static';
const READY_MS_MAX = 30_000;
const STOP_MS_MAX = 20_000;
const IMAGE = 'localhost/heartline/room-for-test';

export function canStartPodman(): boolean {
  return process.getuid?.() === 0 && ['podman', 'runc', 'busybox', 'tar'].every(isInstalled);
}

/** Its own defaults ask for more than many machines allow, and for systemd. */
const SETTINGS = `
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
`;

export async function startPodman(): Promise<TestEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'heartline-podman-'));
  const socket = join(folder, 'podman.sock');
  writeFileSync(join(folder, 'containers.conf'), SETTINGS);
  const log = openSync(join(folder, 'log'), 'w');
  const service = spawn(
    'setpriv',
    [
      // A killed test takes its engine along.
      ...['--pdeathsig', 'TERM', 'podman', '--root', join(folder, 'root'), '--runroot', join(folder, 'run')],
      ...['--tmpdir', join(folder, 'tmp'), 'system', 'service', '--time', '0', `unix://${socket}`],
    ],
    {
      stdio: ['ignore', log, log],
      detached: true,
      // It leaves a file where it stands when memory runs out in a container.
      cwd: folder,
      env: { ...process.env, CONTAINERS_CONF: join(folder, 'containers.conf') },
    },
  );
  closeSync(log);
  const stopped = once(service, 'exit');
  const stop = async () => {
    service.kill('SIGTERM');
    await Promise.race([stopped, pause(STOP_MS_MAX, undefined, { ref: false })]);
    // It leaves its storage mounted on itself, and keeps a process for each command that ended, for minutes: those stand in
    // the way of a plain unmounting, and one that still ends may mount it once more.
    const deadline = Date.now() + STOP_MS_MAX;
    for (let own = mountsIn(folder); own.length > 0 && Date.now() < deadline; own = mountsIn(folder)) {
      for (const path of own.toReversed()) spawnSync('umount', ['--lazy', path], { stdio: 'ignore' });
      await pause(20);
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    const deadline = Date.now() + READY_MS_MAX;
    while (!(await answers(socket))) {
      if (service.exitCode !== null || Date.now() > deadline) {
        throw new Error(`podman did not start: ${readFileSync(join(folder, 'log'), 'utf8').slice(-2_000)}`);
      }
      await pause(50);
    }
    await buildImage(socket, IMAGE, folder);
    return { socket, image: IMAGE, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function mountsIn(folder: string): readonly string[] {
  const places = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .flatMap((line) => line.split(' ')[1] ?? []);
  return places.filter((path) => path.startsWith(`${folder}/`));
}
