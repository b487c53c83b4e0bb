/** Bounds one streamed call: it must end in a total time, and bytes must keep coming. */

export interface Watch {
  /** Aborts when the caller does or when a bound is passed. */
  readonly signal: AbortSignal;
  /** A fetch whose every received chunk counts as a sign of life: clients swallow the provider's keep-alive pings. */
  readonly fetch: typeof globalThis.fetch;
  /** Which bound was passed, as a sentence; null when none was. */
  passed(): string | null;
  stop(): void;
}

export interface WatchBounds {
  readonly idleTimeoutMs: number;
  readonly totalTimeoutMs: number;
  readonly signal: AbortSignal;
  /** Called once, when the provider may bill: it began to answer, or we stopped waiting for it. */
  readonly billable: () => void;
}

export function startWatch(bounds: WatchBounds): Watch {
  const controller = new AbortController();
  let passed: string | null = null;
  let billed = false;
  const billable = () => {
    if (!billed) bounds.billable();
    billed = true;
  };
  const give = (reason: string) => {
    passed ??= reason;
    billable();
    controller.abort();
  };
  const abort = () => controller.abort();
  const idle = setTimeout(() => give(`nothing was received for ${bounds.idleTimeoutMs} ms`), bounds.idleTimeoutMs);
  const total = setTimeout(() => give(`it took longer than ${bounds.totalTimeoutMs} ms`), bounds.totalTimeoutMs);
  if (bounds.signal.aborted) controller.abort();
  else bounds.signal.addEventListener('abort', abort, { once: true });
  return {
    signal: controller.signal,
    passed: () => passed,
    stop: () => {
      clearTimeout(idle);
      clearTimeout(total);
      bounds.signal.removeEventListener('abort', abort);
    },
    fetch: async (input, init) => {
      const response = await globalThis.fetch(input, init);
      idle.refresh();
      if (!response.ok || response.body === null) return response;
      billable();
      const alive = new TransformStream<Uint8Array, Uint8Array>({
        transform: (chunk, stream) => {
          idle.refresh();
          stream.enqueue(chunk);
        },
      });
      return new Response(response.body.pipeThrough(alive), {
        status: response.status,
        statusText: response.statusText,
        headers: response.headers,
      });
    },
  };
}
