/** The writes of one subject among all of them, found without looking through all of them each time. */
import type { Effect } from '../domain/effect.ts';

type Effects = ReadonlyMap<string, Effect>;

/** A map of effects is never changed once it is handed in, so it is sorted by subject once. */
const sorted = new WeakMap<Effects, ReadonlyMap<string, Effects>>();
const NONE: Effects = new Map();

/** `subject` as in subjectKey; in the order they were intended. */
export function effectsOf(effects: Effects, subject: string): Effects {
  let bySubject = sorted.get(effects);
  if (bySubject === undefined) {
    const groups = Map.groupBy(effects, ([, effect]) => effect.subject);
    bySubject = new Map([...groups].map(([name, entries]) => [name, new Map(entries)]));
    sorted.set(effects, bySubject);
  }
  return bySubject.get(subject) ?? NONE;
}
