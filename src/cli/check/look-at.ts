/** Reads one thing within a bound of time and never throws: a check goes on after what failed. */
import { OutsideError } from '../../domain/outside-error.ts';
import type { Look } from './check-line.ts';

export async function lookAt<T>(what: string, boundMs: number, read: () => Promise<T>): Promise<Look<T>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Look<T>>((resolve) => {
    const reason = `${what}: no whole answer within ${Math.round(boundMs / 1000)} s`;
    timer = setTimeout(() => resolve({ known: false, reason, kind: 'unreachable' }), boundMs);
  });
  const looked = (async (): Promise<Look<T>> => {
    try {
      return { known: true, value: await read() };
    } catch (error) {
      if (error instanceof OutsideError) return { known: false, reason: error.message, kind: error.kind };
      return { known: false, reason: error instanceof Error ? error.message : String(error), kind: null };
    }
  })();
  try {
    return await Promise.race([looked, late]);
  } finally {
    clearTimeout(timer);
  }
}
