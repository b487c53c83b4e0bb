// Processes that still belong to a world: whose command line or working folder names its root. Linux only; elsewhere none.
import { readdir, readFile, readlink } from 'node:fs/promises';

export async function processesUnder(root: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const pid of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    const folder = await readlink(`/proc/${pid}/cwd`).catch(() => '');
    if (command.includes(root) || folder.startsWith(root)) found.push(`${pid} ${command.replaceAll('\0', ' ').trim()}`);
  }
  return found;
}
