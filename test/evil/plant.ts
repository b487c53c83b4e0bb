/** Puts every canary where such a secret lies on a real machine. */
import { spawnSync } from 'node:child_process';
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Canaries } from './canaries.ts';

export interface Planting {
  readonly root: string;
  readonly home: string;
  readonly dataDir: string;
  readonly config: string;
  readonly sharedMemoryKey: number;
  readonly sharedMemoryFile: string;
  readonly temporaryFile: string;
}

export async function plant(canaries: Canaries, places: Planting): Promise<void> {
  const files: Readonly<Record<string, string>> = {
    ...Object.fromEntries(
      Object.entries(canaries.homeFiles).map(([name, value]) => [join(places.home, name), contentOf(name, value)]),
    ),
    [join(places.root, 'secrets.env')]: `SECRET=${canaries.value('secrets.env')}\n`,
    [join(places.dataDir, 'mirrors', 'other-0123.git', 'description')]: `${canaries.value('another mirror')}\n`,
    [places.sharedMemoryFile]: canaries.value('shared memory file'),
    [places.temporaryFile]: canaries.value('temporary file'),
  };
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content, { mode: 0o600 });
  }
  await appendFile(places.config, `\n# ${canaries.value('heartline.yaml')}\n`);
  const value = canaries.value('shared memory segment');
  const script = `my $i = shmget(${places.sharedMemoryKey}, 64, 0600 | 01000); defined $i or die; shmwrite($i, '${value}', 0, 64) or die`;
  spawnSync('perl', ['-e', script], { stdio: 'ignore' });
}

function contentOf(name: string, value: string): string {
  switch (name) {
    case '.git-credentials':
      return `https://bot:${value}@github.com\n`;
    case '.gitconfig':
      return `[user]\n\tname = bot\n[github]\n\ttoken = ${value}\n`;
    case '.netrc':
      return `machine github.com login bot password ${value}\n`;
    default:
      return `token=${value}\n`;
  }
}
