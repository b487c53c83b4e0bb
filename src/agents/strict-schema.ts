/** A zod schema as the strict JSON Schema that providers accept: closed, everything required, no bounds in numbers. */
import { z } from 'zod';

/** Throws when the schema cannot be strict: a mistake of ours that a test finds. */
export function strictSchema(schema: z.ZodObject): Readonly<Record<string, unknown>> {
  const json = strip(z.toJSONSchema(schema));
  if (!isObject(json)) throw new Error('a tool takes an object');
  return json;
}

/** Strict modes refuse what they cannot enforce while they sample; zod still checks all of it on the way in. */
const NOT_ENFORCEABLE = [
  '$schema',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'pattern',
  'default',
];

function strip(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(strip);
  if (!isObject(node)) return node;
  if (node.type === 'object') assertStrict(node);
  return Object.fromEntries(
    Object.entries(node).flatMap(([key, value]) => {
      if (key === 'properties' && isObject(value)) {
        return [[key, Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, strip(inner)]))]];
      }
      return NOT_ENFORCEABLE.includes(key) ? [] : [[key, strip(value)]];
    }),
  );
}

function assertStrict(node: Readonly<Record<string, unknown>>): void {
  const properties = isObject(node.properties) ? Object.keys(node.properties) : [];
  const required = Array.isArray(node.required) ? node.required : [];
  if (node.additionalProperties !== false) throw new Error('use z.strictObject: strict schemas are closed');
  if (properties.some((name) => !required.includes(name)))
    throw new Error('use nullable: strict schemas need every key');
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
