/** The tool list of a Messages request, checked as the service checks it. */

import { isObject, unknownKey } from '../../json.ts';
import type { OfferedTool } from '../conversation.ts';
import { Refusal } from '../refusal.ts';
import { isJsonSchema, strictFault } from '../tool-schema.ts';
import { markerLife } from './message-content.ts';

export function decodeTools(value: unknown): readonly OfferedTool[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new Refusal(400, 'tools: Input should be a valid list');
  const tools = value.map((tool: unknown, index) => decodeTool(tool, `tools.${index}`));
  if (new Set(tools.map((tool) => tool.name)).size !== tools.length) {
    throw new Refusal(400, 'tools: Tool names must be unique.');
  }
  return tools;
}

const TOOL_KEYS = [
  'type',
  'name',
  'description',
  'input_schema',
  'strict',
  'cache_control',
  'eager_input_streaming',
  'input_examples',
  'allowed_callers',
  'defer_loading',
];

function decodeTool(tool: unknown, at: string): OfferedTool {
  if (!isObject(tool)) throw new Refusal(400, `${at}: Input should be a valid dictionary`);
  if (tool.type !== undefined && tool.type !== null && tool.type !== 'custom') {
    throw new Refusal(400, `${at}: this stand-in offers no server tool of type '${String(tool.type)}'`);
  }
  const extra = unknownKey(tool, TOOL_KEYS);
  if (extra !== undefined) throw new Refusal(400, `${at}.custom.${extra}: Extra inputs are not permitted`);
  const { name, description, input_schema: schema } = tool;
  if (name === undefined) throw new Refusal(400, `${at}.custom.name: Field required`);
  if (typeof name !== 'string' || !/^[a-zA-Z0-9_-]{1,128}$/.test(name)) {
    throw new Refusal(400, `${at}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`);
  }
  if (description !== undefined && typeof description !== 'string') {
    throw new Refusal(400, `${at}.custom.description: Input should be a valid string`);
  }
  checkSchema(schema, tool.strict === true, `${at}.custom`);
  markerLife(tool.cache_control, at);
  return { name, description: description ?? '', schema };
}

function checkSchema(schema: unknown, strict: boolean, at: string): void {
  if (schema === undefined) throw new Refusal(400, `${at}.input_schema: Field required`);
  if (!isObject(schema)) throw new Refusal(400, `${at}.input_schema: Input should be a valid dictionary`);
  if (schema.type === undefined) throw new Refusal(400, `${at}.input_schema.type: Field required`);
  if (schema.type !== 'object') throw new Refusal(400, `${at}.input_schema.type: Input should be 'object'`);
  if ('oneOf' in schema || 'allOf' in schema || 'anyOf' in schema) {
    throw new Refusal(400, `${at}.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level`);
  }
  if (!isJsonSchema(schema)) {
    const draft = 'https://json-schema.org/draft/2020-12';
    throw new Refusal(
      400,
      `${at}.input_schema: JSON schema is invalid. It must match JSON Schema draft 2020-12 (${draft}).`,
    );
  }
  const fault = strict ? strictFault(schema, { allRequired: false }) : null;
  if (fault !== null) {
    throw new Refusal(400, `${at}: For 'object' type, 'additionalProperties' must be explicitly set to false`);
  }
}
