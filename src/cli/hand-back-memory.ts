/** Start-up and the first sweep leave V8 holding tens of megabytes of room that an idle process never needs, nor gives back by itself. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Stops everything for some tens of milliseconds: for a moment in which nothing runs. */
export function handBackMemory(): void {
  setFlagsFromString('--expose-gc');
  const collect: (how: object) => void = runInNewContext('gc');
  // The flag is part of what compiled code is cached under: left on, every module loaded later would be compiled anew.
  setFlagsFromString('--no-expose-gc');
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
