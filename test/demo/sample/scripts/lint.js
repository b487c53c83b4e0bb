/** Checks what the tests do not: short lines, no tabs or blanks at their ends, a comment on every exported function. */
import { readdirSync, readFileSync } from 'node:fs';

const CHARACTERS_MAX = 120;
const FOLDERS = ['src', 'test', 'scripts'];

const faults = FOLDERS.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.js'))
    .toSorted()
    .flatMap((name) => faultsOf(`${folder}/${name}`)),
);
for (const fault of faults) console.log(fault);
console.log(faults.length === 0 ? 'Lint found nothing.' : `Lint found ${faults.length} to mend.`);
process.exitCode = faults.length === 0 ? 0 : 1;

function faultsOf(path) {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.flatMap((line, index) => {
    const at = `${path}:${index + 1}:`;
    const found = [];
    if (line.length > CHARACTERS_MAX) found.push(`${at} ${line.length} characters, at most ${CHARACTERS_MAX}`);
    if (line.includes('\t')) found.push(`${at} a tab`);
    if (/\s$/.test(line)) found.push(`${at} blanks at the end`);
    if (line.startsWith('export function') && !lines[index - 1]?.endsWith('*/')) found.push(`${at} no comment above`);
    return found;
  });
}
