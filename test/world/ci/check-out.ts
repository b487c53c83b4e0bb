// Writes the files of one commit of a bare repository into a fresh folder, without a repository around them.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runGit } from '../github/git/run-git.ts';

/** The files are in `<folder>/work` afterwards; nothing in them can reach the repository. */
export async function checkOut(repository: string, sha: string, folder: string): Promise<void> {
  const work = join(folder, 'work');
  await mkdir(work);
  const environment = { GIT_INDEX_FILE: join(folder, 'index') };
  await runGit(work, ['--git-dir', repository, 'read-tree', sha], { environment });
  await runGit(
    work,
    ['--git-dir', repository, '--work-tree', work, '-c', 'core.bare=false', 'checkout-index', '--all'],
    { environment },
  );
}
