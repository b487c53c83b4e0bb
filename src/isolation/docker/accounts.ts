/**
 * The users that a container knows, instead of its image's: the agent's number is made up, and without a name for it git,
 * ssh, npm and many a language's runtime refuse to say who they are or where home is.
 */

import { randomUUID } from 'node:crypto';
import { chmod, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ShownFolder } from '../../heartbeat/ports.ts';
import { HOME } from '../room-limits.ts';

/** Into a folder of the bot's, beside a workspace's tree: nothing in a room can write there. */
export async function writeAccounts(
  folder: string,
  { uid, gid }: { readonly uid: number; readonly gid: number },
): Promise<readonly ShownFolder[]> {
  const agent = uid === 0 ? [] : [`agent:x:${uid}:${gid}:agent:${HOME}:/bin/sh`];
  const passwd = [
    'root:x:0:0:root:/root:/usr/sbin/nologin',
    ...agent,
    `nobody:x:${NOBODY}:${NOBODY}:nobody:/:/bin/false`,
  ];
  const group = ['root:x:0:', ...(gid === 0 ? [] : [`agent:x:${gid}:`]), `nogroup:x:${NOBODY}:`];
  return [await write(folder, 'passwd', passwd), await write(folder, 'group', group)];
}

const NOBODY = 65_534;

async function write(folder: string, name: string, lines: readonly string[]): Promise<ShownFolder> {
  const source = join(folder, name);
  // Several containers of one workspace may be made at once: each finds a whole file.
  const fresh = `${source}.${randomUUID()}`;
  await writeFile(fresh, `${lines.join('\n')}\n`);
  await chmod(fresh, 0o644);
  await rename(fresh, source);
  return { source, target: `/etc/${name}` };
}
