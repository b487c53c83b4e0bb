/** A whole answer in a protocol's own form: the body of a plain reply and the events of a streamed one. */

export interface WireEvent {
  /** The SSE event name, for the protocols that name their events. */
  readonly name?: string;
  /** Sent as JSON, except the closing `[DONE]` of Chat Completions. */
  readonly data: unknown;
}

export interface WireAnswer {
  readonly body: unknown;
  readonly events: readonly WireEvent[];
}

export function eventText(event: WireEvent): string {
  const data = event.data === DONE ? DONE : JSON.stringify(event.data);
  return `${event.name === undefined ? '' : `event: ${event.name}\n`}data: ${data}\n\n`;
}

export const DONE = '[DONE]';

/** Where a stream breaks: always after its opening and before its end. */
export function halfOf(events: readonly WireEvent[]): number {
  return Math.max(1, Math.floor(events.length / 2));
}
