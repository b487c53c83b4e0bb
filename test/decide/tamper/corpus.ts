/**
 * Diffs to hold the judgement of tests against: some by hand in tampered.txt and honest.txt, as edits of the small project in
 * samples.txt, the others generated from operators. Every second one was held out while the rules were first written: at first
 * sight all 141 of those that tamper were flagged, and 8 of 161 honest ones; mends made without a look at them left 3, and the
 * last 3 were then mended by name. So of a new honest diff expect a false flag in some 2 to 5 of 100, not none. What was added
 * since came together with a rule, and only shows that the rule holds.
 */
import { readFileSync } from 'node:fs';
import type { ChangedText } from '../../../src/decide/test-weakening/changed-text.ts';
import { HONEST, type Operator, TAMPER } from './operators.ts';

export interface Sample {
  readonly name: string;
  readonly files: readonly ChangedText[];
  readonly heldOut: boolean;
}

type Tree = ReadonlyMap<string, string>;

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');

/** The project before anything happened to it. */
export const PROJECT: Tree = new Map(
  read('samples.txt')
    .split(/^%%% /m)
    .slice(1)
    .map((part) => [part.slice(0, part.indexOf('\n')), part.slice(part.indexOf('\n') + 1)]),
);

export function corpus(): { readonly tamper: readonly Sample[]; readonly honest: readonly Sample[] } {
  const [tampered, honest] = [byHand('tampered.txt'), byHand('honest.txt')];
  const disguised = tampered.flatMap((sample, at): readonly Sample[] => {
    // A feature somebody would like to have, with something in it that nobody should.
    const cover = honest[(at * 7) % honest.length];
    const joined = cover === undefined || at % 3 !== 0 ? null : join(sample, cover);
    return joined === null ? [] : [joined];
  });
  const both = honest.flatMap((sample, at): readonly Sample[] => {
    const other = honest[(at * 11 + 5) % honest.length];
    const joined = other === undefined || at % 2 !== 0 || other === sample ? null : join(sample, other);
    return joined === null ? [] : [joined];
  });
  return {
    tamper: [...tampered, ...disguised, ...generated(TAMPER)],
    honest: [...honest, ...both, ...generated(HONEST)],
  };
}

/** Two diffs as one, where they touch different files. */
function join(one: Sample, other: Sample): Sample | null {
  const paths = new Set(one.files.map(({ path }) => path));
  if (other.files.some(({ path }) => paths.has(path))) return null;
  const name = `${one.name}, beside: ${other.name}`;
  return { name, files: [...one.files, ...other.files], heldOut: one.heldOut || other.heldOut };
}

function generated(operators: readonly Operator[]): readonly Sample[] {
  return operators.flatMap(({ name, apply }, at) =>
    [...PROJECT].flatMap(([path, text]): readonly Sample[] => {
      const tree = apply(path, text, PROJECT);
      if (tree === null) return [];
      const files = changes(new Map([...PROJECT, ...tree]));
      return files.length === 0 ? [] : [{ name: `${name}: ${path}`, files, heldOut: at % 2 === 1 }];
    }),
  );
}

function byHand(file: string): readonly Sample[] {
  return read(file)
    .split(/^## /m)
    .slice(1)
    .map((part, at) => {
      const name = part.slice(0, part.indexOf('\n'));
      const files = changes(edited(part.slice(part.indexOf('\n') + 1), name));
      if (files.length === 0) throw new Error(`"${name}" changes nothing`);
      return { name, files, heldOut: at % 2 === 1 };
    });
}

function changes(after: ReadonlyMap<string, string | null>): readonly ChangedText[] {
  return [...new Set([...PROJECT.keys(), ...after.keys()])]
    .map((path) => ({ path, before: PROJECT.get(path) ?? null, after: after.get(path) || null }))
    .filter(({ before, after: text }) => before !== text);
}

/** The script of a sample: `@ path` with replacements, `@@ create`, `@@ delete` and `@@ move`. */
function edited(script: string, name: string): ReadonlyMap<string, string> {
  const tree = new Map(PROJECT);
  for (const step of script.split(/^(?=@@? )/m).filter((one) => /^@@? /.test(one))) {
    const head = step.slice(0, step.indexOf('\n')).split(' ');
    const body = step.slice(step.indexOf('\n') + 1);
    const [, first = '', path = '', target = ''] = head[0] === '@' ? ['', '@', head[1]] : head;
    const text = tree.get(path) ?? '';
    if (first === 'create') tree.set(path, body);
    else if (!tree.has(path)) throw new Error(`"${name}" speaks of ${path}, which is not there`);
    else if (first === 'delete') tree.delete(path);
    else if (first === 'move') {
      tree.delete(path);
      tree.set(target, text);
    } else tree.set(path, replaced(text, body, name));
  }
  return tree;
}

function replaced(text: string, body: string, name: string): string {
  let result = text;
  for (const [, all, from = '', to = ''] of body.matchAll(/^<<<(all)?\n([\s\S]*?)\n?^===\n([\s\S]*?)\n?^>>>$/gm)) {
    if (!result.includes(from)) throw new Error(`"${name}" looks for what is not there:\n${from}`);
    result = all === undefined ? result.replace(from, () => to) : result.replaceAll(from, () => to);
  }
  return result;
}
