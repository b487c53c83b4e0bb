/** Where sockets of the bot stand that a room shows. The system takes no socket path longer than 107 bytes; a folder's may be. */
import { constants } from 'node:fs';
import { open, unlink } from 'node:fs/promises';

export interface SocketPlace {
  /** To listen on. */
  readonly path: string;
  close(): Promise<void>;
}

/** What stands at the name is removed, be it a socket of an earlier run or a link that somebody planted. */
export async function openSocketFolder(folder: string, name: string): Promise<SocketPlace> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  const path = `/proc/self/fd/${handle.fd}/${name}`;
  const remove = () => unlink(path).catch(() => undefined);
  await remove();
  return {
    path,
    close: async () => {
      await remove();
      await handle.close();
    },
  };
}
