// A container engine of the test's own: its own data, its own socket, no bridge and no firewall rules on the machine, and
// gone with the test. Only for root on a machine that has dockerd.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { buildImage } from './build-image.ts';

export interface TestEngine {
  readonly socket: string;
  readonly image: string;
  stop(): Promise<void>;
}

export const INSTALL_ENGINE = 'sudo apt-get install -y --no-install-recommends docker.io busybox-static';
const READY_MS_MAX = 30_000;
const STOP_MS_MAX = 20_000;
const IMAGE = 'heartline/room-for-test';

export function canStartEngine(): boolean {
  return process.getuid?.() === 0 && ['dockerd', 'containerd', 'runc', 'busybox', 'tar'].every(isInstalled);
}

export async function startEngine(): Promise<TestEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'heartline-engine-'));
  const socket = join(folder, 'docker.sock');
  const log = openSync(join(folder, 'log'), 'w');
  const daemon = spawn(
    'setpriv',
    // A killed test takes its engine along.
    ['--pdeathsig', 'TERM', 'dockerd', '--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec')].concat(
      [
        ...['--pidfile', join(folder, 'dockerd.pid'), '--host', `unix://${socket}`],
        ...['--iptables=false', '--bridge=none', '--group', 'root'],
      ],
    ),
    { stdio: ['ignore', log, log], detached: true },
  );
  closeSync(log);
  const stopped = once(daemon, 'exit');
  const stop = async () => {
    daemon.kill('SIGTERM');
    await Promise.race([stopped, pause(STOP_MS_MAX, undefined, { ref: false })]);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const deadline = Date.now() + READY_MS_MAX;
    while (!(await answers(socket))) {
      if (daemon.exitCode !== null || Date.now() > deadline) {
        throw new Error(`dockerd did not start: ${readFileSync(join(folder, 'log'), 'utf8').slice(-2_000)}`);
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

export function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const sent = request({ socketPath: socket, path: '/_ping', agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    sent.once('error', () => resolve(false));
    sent.end();
  });
}

export function isInstalled(program: string): boolean {
  const path = `${process.env.PATH ?? ''}${delimiter}/usr/sbin${delimiter}/sbin`;
  return path.split(delimiter).some((folder) => existsSync(join(folder, program)));
}
