/** One fault as one line of text, as an editor or a terminal can jump to it. */
import type { ConfigFault } from './config-error.ts';

export function faultLine(fault: ConfigFault): string {
  const place = fault.line === null ? fault.file : `${fault.file}:${fault.line}`;
  const key = fault.key === '' ? '' : ` ${fault.key}`;
  const hint = fault.hint === null ? '' : ` ${fault.hint}`;
  return `${place}${key}: expected ${fault.expected}; found ${fault.found}.${hint}`;
}
