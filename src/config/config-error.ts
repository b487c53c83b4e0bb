/** Everything that is wrong with the configuration, in one error: each fault says where, what was expected and what stands there. */
import { faultLine } from './fault-line.ts';

export type KeyPath = readonly (string | number)[];

export interface ConfigFault {
  /** As a person would type it: relative to where the command was started, when it lies below. */
  readonly file: string;
  /** 1 is the first line; null when no line is to blame (the file is missing). */
  readonly line: number | null;
  /** `projects[0].repository`; empty when the whole file is meant. */
  readonly key: string;
  readonly expected: string;
  readonly found: string;
  readonly hint: string | null;
}

export class ConfigError extends Error {
  readonly faults: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[]) {
    super(`${faults.length === 1 ? '1 fault' : `${faults.length} faults`} in the configuration:\n${describe(faults)}`);
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

/** `['projects', 0, 'team']` as `projects[0].team`. */
export function keyText(path: KeyPath): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    if (!/^[\w-]+$/.test(part)) return `${text}["${part}"]`;
    return text === '' ? part : `${text}.${part}`;
  }, '');
}

function describe(faults: readonly ConfigFault[]): string {
  return faults.map((fault) => `  ${faultLine(fault)}`).join('\n');
}
