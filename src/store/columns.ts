/** Reading and writing columns through schemas: what cannot be read back is not written, and what makes no sense is refused, not skipped. */
import { z } from 'zod';
import type { Json } from './schema.ts';
import { StoreRefused } from './store-refused.ts';

/** One row as a domain value; throws `unreadable-row` naming table, column and trouble. */
export function readRow<T>(table: string, schema: z.ZodType<T>, row: unknown): T {
  const read = schema.safeParse(row);
  if (read.success) return read.data;
  throw new StoreRefused(
    'unreadable-row',
    `The journal has a row in "${table}" that this version cannot read: ${sentences(read.error)}. ` +
      'If a newer heartline wrote it, run that one; otherwise the row is damaged: move the journal aside, and it is rebuilt from Linear and GitHub.',
    read.error,
  );
}

/** The text of a JSON column. */
export function encode<T>(schema: z.ZodType<T>, value: T): Json {
  const checked = schema.safeParse(value);
  if (checked.success) return JSON.stringify(checked.data);
  throw new TypeError(`This cannot be kept in a row, because it could not be read back: ${sentences(checked.error)}.`);
}

/** Anything at all; undefined counts as null. */
export function encodeUnknown(value: unknown): Json {
  return JSON.stringify(value ?? null);
}

/** A JSON column in a row's schema. */
export function json<T>(schema: z.ZodType<T>) {
  return z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: 'custom', message: 'is not JSON' });
        return z.NEVER;
      }
    })
    .pipe(schema);
}

/** Holds a schema to a domain type in both directions: a variant added there does not compile until it can be read here. */
export function shape<T>() {
  return <S extends z.ZodType<T>>(schema: [T] extends [z.output<S>] ? S : never): S => schema;
}

export const text = z.string();
export const integer = z.int();
export const flag = z.union([z.literal(0), z.literal(1)]).transform((value) => value === 1);

function sentences(error: z.ZodError): string {
  const shown = error.issues.slice(0, ISSUES_SHOWN_MAX);
  return shown.map((issue) => `${issue.path.join('.') || 'the row'}: ${issue.message}`).join('; ');
}

const ISSUES_SHOWN_MAX = 3;
