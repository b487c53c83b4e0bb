/** Who may write the rows: the product's own lock on a file where two bots are tried, and nothing to ask where there is one. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { takeStoreLock } from '../../../src/store/store-lock.ts';
import { StoreLocked } from '../../../src/store/store-locked.ts';

export interface Lease {
  /** How to give it back, which the kernel does for whoever is killed; null while somebody else has it. */
  take(owner: string): (() => void) | null;
  close(): void;
}

export const ALONE: Lease = { take: () => () => {}, close: () => {} };

export function fileLease(): Lease {
  const folder = mkdtempSync(join(tmpdir(), 'heartline-lease-'));
  const file = join(folder, 'heartline.db');
  let held: (() => void) | null = null;
  return {
    take: () => {
      try {
        const { release } = takeStoreLock(file);
        held = () => {
          held = null;
          release();
        };
        return held;
      } catch (error) {
        if (error instanceof StoreLocked) return null;
        throw error;
      }
    },
    close: () => {
      // Whoever lives when the run ends would keep its file open for as long as the process lives.
      held?.();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
