/**
 * One field of one record. Looked for in the fields that are worked out, then among the record's own properties, then
 * among what this world is known not to have; anything else is a loud error, never a silent null.
 */
import type { QueryContext } from './context.ts';
import { derivedFields } from './derived-fields.ts';
import { emptyFields, fixedFields } from './fixed-fields.ts';

export function readField(type: string, record: object, field: string, context: QueryContext): unknown {
  const derive = derivedFields[type]?.[field];
  if (derive) return derive(record, context);
  if (Object.hasOwn(record, field)) return Reflect.get(record, field);
  const fixed = fixedFields[type];
  if (fixed && Object.hasOwn(fixed, field)) return fixed[field];
  if (emptyFields[type]?.has(field)) return null;
  throw context.notWritten(`field ${type}.${field}`);
}
