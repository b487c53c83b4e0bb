/** Runs a task for each item, a bounded number at once, results in the items' order. The first failure is thrown when all have ended. */

export async function eachOf<T, R>(
  items: readonly T[],
  atOnceMax: number,
  task: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results = new Array<R>(items.length);
  const failures: unknown[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (;;) {
      const index = next;
      next += 1;
      const item = items[index];
      if (index >= items.length || item === undefined) return;
      try {
        results[index] = await task(item);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnceMax, items.length) }, lane));
  if (failures.length > 0) throw failures[0];
  return results;
}
