/** The events of a session's calls: one for each call of a model and each of a tool, under the run that made it. */

/** Many, and of use for a while: they are left out where a run is not asked for by name, and kept for a shorter time. */
export const CALL_EVENTS = ['model-call', 'tool-call'] as const;

/** What its events are found by, beside the issue's own. */
export function callSubject(runId: string): string {
  return `run:${runId}`;
}

export function isCallSubject(subject: string): boolean {
  return subject.startsWith('run:');
}
