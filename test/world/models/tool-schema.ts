/** Whether a tool's parameter schema would be taken by the real services, with and without strict mode. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { isObject, type Json } from '../json.ts';

export interface SchemaFault {
  /** Where in the schema, as a path of keys; empty is the root. */
  readonly at: readonly string[];
  readonly fault: string;
}

/** True when the value is a JSON Schema at all. */
export function isJsonSchema(schema: unknown): boolean {
  if (!isObject(schema)) return false;
  const text = JSON.stringify(schema);
  const known = judged.get(text);
  if (known !== undefined) return known;
  const is = compiles(schema);
  judged.set(text, is);
  return is;
}

/** By their text: the same few tools come with every request, and compiling costs more than all else about one. */
const judged = new Map<string, boolean>();

function compiles(schema: Json): boolean {
  try {
    new Ajv2020({ strict: false, validateFormats: false, addUsedSchema: false }).compile(schema);
    return true;
  } catch {
    return false;
  }
}

/**
 * Strict mode's rules, in OpenAI's words: every object closed, and (for OpenAI) every property required. Keywords that
 * strict mode cannot enforce are refused.
 */
export function strictFault(schema: Json, rules: { readonly allRequired: boolean }): SchemaFault | null {
  return check(schema, [], rules);
}

const UNENFORCEABLE = [
  'allOf',
  'oneOf',
  'not',
  'if',
  'then',
  'else',
  'dependentRequired',
  'dependentSchemas',
  'default',
];

function check(node: unknown, at: readonly string[], rules: { readonly allRequired: boolean }): SchemaFault | null {
  if (!isObject(node)) return null;
  if (rules.allRequired) {
    const banned =
      UNENFORCEABLE.find((keyword) => keyword in node) ?? (at.length === 0 && 'anyOf' in node ? 'anyOf' : null);
    if (banned !== null) return { at, fault: `'${banned}' is not permitted.` };
  }
  const types = Array.isArray(node.type) ? node.type : [node.type];
  if (types.includes('object')) {
    const fault = checkObject(node, at, rules);
    if (fault !== null) return fault;
  }
  return (
    checkAll(node.anyOf, [...at, 'anyOf'], rules) ??
    checkAll(node.$defs, [...at, '$defs'], rules) ??
    check(node.items, [...at, 'items'], rules)
  );
}

function checkObject(node: Json, at: readonly string[], rules: { readonly allRequired: boolean }): SchemaFault | null {
  if (node.additionalProperties !== false) {
    return { at, fault: "'additionalProperties' is required to be supplied and to be false." };
  }
  const properties = isObject(node.properties) ? node.properties : {};
  const required = Array.isArray(node.required) ? node.required : [];
  if (rules.allRequired) {
    const missing = Object.keys(properties).find((key) => !required.includes(key));
    if (missing !== undefined) {
      const rule = "'required' is required to be supplied and to be an array including every key in properties.";
      return { at, fault: `${rule} Missing '${missing}'.` };
    }
    const extra = required.find((key) => typeof key !== 'string' || !(key in properties));
    if (extra !== undefined) {
      const rule = "'required' is required to be supplied and to be an array including every key in properties.";
      return { at, fault: `${rule} Extra required key '${String(extra)}' supplied.` };
    }
  }
  return checkAll(properties, [...at, 'properties'], rules);
}

function checkAll(nodes: unknown, at: readonly string[], rules: { readonly allRequired: boolean }): SchemaFault | null {
  if (typeof nodes !== 'object' || nodes === null) return null;
  for (const [key, node] of Object.entries(nodes)) {
    const fault = check(node, [...at, key], rules);
    if (fault !== null) return fault;
  }
  return null;
}
