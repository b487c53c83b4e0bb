/** Proves the container room as the bubblewrap one is proved: an engine that answers, an image that is there, and attempts to break out. */

import { OutsideError } from '../../domain/outside-error.ts';
import { ROOM_PROGRAMS } from '../../domain/room-programs.ts';
import { type Isolation, OWNER_UID_MIN } from '../../heartbeat/ports.ts';
import { attemptEscapes, type Fault } from '../attempt-escapes.ts';
import { sweepContainers } from './container.ts';
import type { DockerOptions } from './docker-driver.ts';
import { type Engine, imagePath, property } from './engine.ts';

export async function probeDocker(
  engine: Engine,
  options: Pick<DockerOptions, 'socket' | 'image'>,
  exec: Isolation['exec'],
  dispose: Isolation['dispose'],
): Promise<Fault | null> {
  try {
    await engine.call('GET', '/_ping');
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    return {
      missing: `no container engine answers on ${options.socket}`,
      fix: 'start Docker or `podman system service`, or name its socket as isolation.docker.socket',
    };
  }
  try {
    await engine.call('GET', imagePath(options.image));
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    return { missing: `the engine has no image ${options.image}`, fix: `docker pull ${options.image}` };
  }
  try {
    await sweepContainers(engine);
    const limits = await missingLimits(engine);
    if (limits !== null) return limits;
    const owner = process.getuid?.() === 0 ? { uid: OWNER_UID_MIN } : null;
    return await attemptEscapes(exec, { fix: IMAGE, programs: { names: ROOM_PROGRAMS, fix: IMAGE }, owner });
  } catch (error) {
    if (!(error instanceof OutsideError)) throw error;
    return { missing: error.message, fix: `see that the engine can start containers of this image, and ${IMAGE}` };
  } finally {
    await dispose('probe');
  }
}

/** Node is not among them: only programs of drivers are started by it, and `check` looks for it where a role has one. */
const IMAGE = `name an image that holds ${ROOM_PROGRAMS.join(', ')}`;

/** An engine that cannot limit memory says so here and then starts containers without the limit: missing means no. */
async function missingLimits(engine: Engine): Promise<Fault | null> {
  const facts = await engine.call('GET', '/info');
  const lacking = [
    ['MemoryLimit', 'memory'],
    ['CpuCfsQuota', 'processor time'],
    ['PidsLimit', 'the number of processes'],
  ].filter(([name = '']) => property(facts, name) === false);
  if (lacking.length === 0) return null;
  return {
    missing: `the engine cannot limit ${lacking.map(([, what]) => what).join(', ')}`,
    fix: 'run it with the cgroup controllers cpu, memory and pids (rootless engines need cgroup v2 with delegation)',
  };
}
