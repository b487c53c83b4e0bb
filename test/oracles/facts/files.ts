// The files below a folder, for looking into what agents could read and leave behind.
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

const fileBytesMax = 8 * 1024 * 1024;

/** Text byte for byte (latin1). Links are not followed; what vanishes meanwhile or is larger than any source is passed by. */
export async function filesBelow(root: string): Promise<readonly { readonly where: string; readonly text: string }[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  const found: { where: string; text: string }[] = [];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await stat(path).then(
      ({ size }) => size,
      () => fileBytesMax + 1,
    );
    if (bytes > fileBytesMax) continue;
    const text = await readFile(path, 'latin1').catch(() => '');
    found.push({ where: path.slice(root.length + 1), text });
  }
  return found;
}
