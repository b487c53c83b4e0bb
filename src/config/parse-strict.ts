/**
 * Checks plain values against a schema and words every fault for a person. So that all faults are told in one go, what
 * is at fault is cut out and the rest is still handed on for the checks that look across keys.
 */
import { z } from 'zod';
import { type ConfigFault, type KeyPath, keyText } from './config-error.ts';
import { looksLikeSecret } from './looks-like-secret.ts';
import { nearest } from './nearest.ts';
import type { YamlText } from './read-yaml.ts';
import { SECRET_EXPECTED } from './schema.ts';

export interface Parsed<T> {
  /** What is left when everything at fault was cut out; null when that leaves nothing usable. */
  readonly value: T | null;
  readonly faults: readonly ConfigFault[];
  readonly faultPaths: readonly KeyPath[];
  /** Cutting a list entry shifts the ones behind it: turns a path in `value` back into a path in the file. */
  readonly originalPath: (path: KeyPath) => KeyPath;
}

const CUTS_MAX = 1000;

export function parseStrict<T>(schema: z.ZodType<T>, yaml: YamlText, file: string): Parsed<T> {
  const first = parseWith(schema, yaml.value);
  if (first.success) return { value: first.data, faults: [], faultPaths: [], originalPath: (path) => path };
  const issues = first.error.issues.flatMap(narrow).flatMap(splitUnknownKeys);
  const faults = issues.map((issue) => faultOf(issue, schema, yaml, file));
  return { ...cutOut(schema, yaml.value), faults, faultPaths: issues.map(pathOf) };
}

function parseWith<T>(schema: z.ZodType<T>, value: unknown) {
  // A config is parsed once: compiling a parser for it, as zod does unasked, takes longer than the parsing.
  return schema.safeParse(value, { error: expectation, reportInput: false, jitless: true });
}

/** Completes "expected …" wherever the schema has no wording of its own. */
const expectation: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type':
      return TYPE_WORDS[issue.expected] ?? String(issue.expected);
    case 'invalid_value':
      return issue.values.length === 1 ? String(issue.values[0]) : `one of ${issue.values.join(', ')}`;
    case 'too_small':
      if (issue.origin === 'string') return 'text that is not empty';
      if (issue.origin === 'array') return `at least ${issue.minimum === 1 ? 'one entry' : `${issue.minimum} entries`}`;
      return issue.inclusive === false ? `a number above ${issue.minimum}` : `a number of at least ${issue.minimum}`;
    case 'too_big':
      return `a number of at most ${issue.maximum}`;
    case 'invalid_union':
      return Array.isArray(issue.options) ? `one of ${issue.options.join(', ')}` : 'another value';
    default:
      return undefined;
  }
};

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a block of keys',
  record: 'a block of keys',
};

/** Of several alternatives, the one whose shape the value has tells the most; without such a one the union speaks itself. */
function narrow(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
  const fitting = issue.errors
    .filter((errors) => errors.every((error) => error.path.length > 0 || error.code === 'unrecognized_keys'))
    .sort((a, b) => a.length - b.length)[0];
  if (fitting === undefined) return [issue];
  return fitting.flatMap((error) => narrow({ ...error, path: [...issue.path, ...error.path] }));
}

function splitUnknownKeys(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] {
  return issue.code === 'unrecognized_keys' ? issue.keys.map((key) => ({ ...issue, keys: [key] })) : [issue];
}

/** Where the fault stands: an unknown key is itself to blame, not the block that holds it. */
function pathOf(issue: z.core.$ZodIssue): KeyPath {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  return issue.code === 'unrecognized_keys' ? [...path, ...issue.keys] : path;
}

function faultOf(issue: z.core.$ZodIssue, schema: z.ZodType, yaml: YamlText, file: string): ConfigFault {
  const path = pathOf(issue);
  const place = { file, line: yaml.lineOf(path), key: keyText(path) };
  const value = valueAt(yaml.value, path);
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, issue.path.map(String));
    const guess = nearest(String(path.at(-1)), known);
    const expected = known.length === 0 ? 'no such key' : `one of the keys ${known.join(', ')}`;
    return { ...place, expected, found: 'an unknown key', hint: guess === null ? null : `Did you mean ${guess}?` };
  }
  if (issue.message === SECRET_EXPECTED && typeof value === 'string') {
    return { ...place, expected: SECRET_EXPECTED, found: 'a literal value (not shown)', hint: literalSecretHint(path) };
  }
  const expected = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? 'another key') : issue.message;
  const guess = issue.code === 'invalid_value' ? nearest(String(value), issue.values.map(String)) : null;
  const found = issue.code === 'invalid_key' ? 'the key as written' : describeValue(value);
  return { ...place, expected, found, hint: guess === null ? null : `Did you mean ${guess}?` };
}

function literalSecretHint(path: KeyPath): string {
  const name = path
    .slice(-2)
    .join('_')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toUpperCase();
  return `Secrets do not belong in this file: put it into the environment and write { env: ${name} }.`;
}

/** What stands there, short, and never anything that may be a secret. */
function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'an empty value';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value === 'object') return 'a block of keys';
  if (typeof value !== 'string') return String(value);
  if (looksLikeSecret(value)) return 'something that looks like a secret (not shown)';
  return value === '' ? 'empty text' : `"${value.length > 60 ? `${value.slice(0, 60)}…` : value}"`;
}

/** Keys the schema allows at a path, read off its JSON Schema: only needed once something is wrong. */
function keysAt(schema: z.ZodType, path: readonly string[]): readonly string[] {
  const open = (node: JsonSchema): readonly JsonSchema[] => [
    node,
    ...[...(node.anyOf ?? []), ...(node.oneOf ?? [])].flatMap(open),
  ];
  let nodes = open(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema);
  for (const part of path) {
    nodes = nodes.flatMap((node) => {
      const extra = typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined;
      const child = node.properties?.[part] ?? (/^\d+$/.test(part) ? node.items : undefined) ?? extra;
      return child === undefined ? [] : open(child);
    });
  }
  return [...new Set(nodes.flatMap((node) => Object.keys(node.properties ?? {})))];
}

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

function cutOut<T>(schema: z.ZodType<T>, raw: unknown): Pick<Parsed<T>, 'value' | 'originalPath'> {
  const rest = structuredClone(raw);
  const kept = new Map<string, number[]>();
  const originalPath = (path: KeyPath): KeyPath =>
    path.map((part, depth) =>
      typeof part === 'number' ? (kept.get(keyText(path.slice(0, depth)))?.[part] ?? part) : part,
    );
  for (let cuts = 0; cuts < CUTS_MAX; cuts++) {
    const result = parseWith(schema, rest);
    if (result.success) return { value: result.data, originalPath };
    const issue = result.error.issues.flatMap(narrow).flatMap(splitUnknownKeys)[0];
    let path = issue === undefined ? [] : pathOf(issue);
    while (path.length > 0 && valueAt(rest, path) === undefined) path = path.slice(0, -1);
    if (path.length === 0) break;
    remove(rest, path, kept);
  }
  return { value: null, originalPath };
}

function remove(root: unknown, path: KeyPath, kept: Map<string, number[]>): void {
  const holder = valueAt(root, path.slice(0, -1));
  const last = path.at(-1);
  if (Array.isArray(holder) && typeof last === 'number') {
    // Indexes of an inner list would be filed under its shifted address: fine, since only outer lists are looked across.
    const address = keyText(path.slice(0, -1));
    const indexes = kept.get(address) ?? holder.map((_, index) => index);
    indexes.splice(last, 1);
    kept.set(address, indexes);
    holder.splice(last, 1);
  } else if (typeof holder === 'object' && holder !== null && last !== undefined) {
    Reflect.deleteProperty(holder, last);
  }
}

function valueAt(root: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, part) ? Reflect.get(value, part) : undefined,
    root,
  );
}
