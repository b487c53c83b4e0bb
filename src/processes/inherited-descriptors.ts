/** Finds what whoever started the bot left open for it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Descriptors above standard error that a child of ours would inherit. Node's own never are, so these came with us. */
export function inheritedDescriptors(): readonly number[] {
  const closesOnExec = 0o2000000;
  try {
    return readdirSync('/proc/self/fd')
      .map(Number)
      .filter((descriptor) => {
        if (descriptor < 3) return false;
        // The one that listed the folder is closed again by now.
        const path = `/proc/self/fdinfo/${descriptor}`;
        if (!existsSync(path)) return false;
        const facts = readFileSync(path, 'utf8');
        const flags = Number.parseInt(/flags:\s*(\d+)/.exec(facts)?.[1] ?? '0', 8);
        return (flags & closesOnExec) === 0;
      });
  } catch {
    return [];
  }
}
