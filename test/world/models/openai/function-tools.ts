/** The function tools of both OpenAI protocols, and the choice among them. */

import { isObject, type Json } from '../../json.ts';
import type { OfferedTool } from '../conversation.ts';
import type { DecodedCall } from '../decoded-call.ts';
import { Refusal } from '../refusal.ts';
import { isJsonSchema, strictFault } from '../tool-schema.ts';
import { emptyArray, missing, objectWith, textAt, wrongType, wrongValue } from './parameter-faults.ts';

/** `at` leads to the definition: `tools[0]` in Responses, `tools[0].function` in Chat Completions. */
export function decodeFunction(definition: Json, at: string): OfferedTool {
  const name = textAt(definition.name, `${at}.name`);
  if (!/^[a-zA-Z0-9_-]+$/.test(name)) {
    throw new Refusal(
      400,
      `Invalid '${at}.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
      { param: `${at}.name`, code: 'invalid_value' },
    );
  }
  if (name.length > NAME_LENGTH_MAX) {
    throw new Refusal(
      400,
      `Invalid '${at}.name': string too long. Expected a string with maximum length ${NAME_LENGTH_MAX}, but got a string with length ${name.length} instead.`,
      { param: `${at}.name`, code: 'string_above_max_length' },
    );
  }
  const { description, parameters, strict } = definition;
  if (description !== undefined && description !== null) textAt(description, `${at}.description`);
  if (strict !== undefined && strict !== null && typeof strict !== 'boolean')
    throw wrongType(`${at}.strict`, 'a boolean', strict);
  if (parameters !== undefined && parameters !== null)
    checkParameters(parameters, name, strict === true, `${at}.parameters`);
  return { name, description: typeof description === 'string' ? description : '', schema: parameters ?? {} };
}

const NAME_LENGTH_MAX = 64;

function checkParameters(parameters: unknown, name: string, strict: boolean, param: string): void {
  if (!isObject(parameters)) throw wrongType(param, 'an object', parameters);
  const details = { param, code: 'invalid_function_parameters' };
  const opening = `Invalid schema for function '${name}': `;
  if (parameters.type !== 'object') {
    const got = JSON.stringify(parameters.type ?? 'None');
    throw new Refusal(400, `${opening}schema must be a JSON Schema of 'type: "object"', got 'type: ${got}'.`, details);
  }
  if (!isJsonSchema(parameters)) throw new Refusal(400, `${opening}it is not valid JSON Schema.`, details);
  const fault = strict ? strictFault(parameters, { allRequired: true }) : null;
  if (fault !== null) {
    const context = fault.at.map((key) => `'${key}'`).join(', ');
    throw new Refusal(400, `${opening}In context=(${context}), ${fault.fault}`, details);
  }
}

export function toolList(
  value: unknown,
  decodeTool: (tool: unknown, at: string) => OfferedTool,
): readonly OfferedTool[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw wrongType('tools', 'an array of objects', value);
  const tools = value.map((tool: unknown, index) => decodeTool(tool, `tools[${index}]`));
  const names = tools.map((tool) => tool.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new Refusal(400, `Tool names must be unique: '${twice}' is given twice.`, {
      param: 'tools',
      code: 'invalid_value',
    });
  return tools;
}

export interface CallRules {
  readonly callsAllowed: DecodedCall['callsAllowed'];
  readonly callForced: boolean;
}

/** `chosenName` finds the function's name in the protocol's own form of "this one". */
export function callRules(
  choice: unknown,
  parallel: unknown,
  tools: readonly OfferedTool[],
  chosenName: (choice: Json) => unknown,
): CallRules {
  const some = tools.length === 0 ? 'none' : parallel === false ? 'at-most-one' : 'any-number';
  if (choice === undefined || choice === null || choice === 'auto') return { callsAllowed: some, callForced: false };
  if (choice === 'none') return { callsAllowed: 'none', callForced: false };
  if (tools.length === 0) {
    throw new Refusal(
      400,
      "Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.",
      {
        param: 'tool_choice',
        code: null,
      },
    );
  }
  if (choice === 'required') return { callsAllowed: some, callForced: true };
  if (!isObject(choice)) throw wrongValue('tool_choice', choice, ['none', 'auto', 'required']);
  const name = chosenName(choice);
  if (!tools.some((tool) => tool.name === name)) {
    throw new Refusal(400, `Tool choice '${String(name)}' not found in 'tools' parameter.`, {
      param: 'tool_choice',
      code: null,
    });
  }
  return { callsAllowed: some, callForced: true };
}

/** A text given as a string or as parts of the types in `partTypes`. */
export function textOfParts(value: unknown, param: string, partTypes: readonly string[]): string {
  if (value === undefined) throw missing(param);
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) throw wrongType(param, 'one of an array of objects or string', value);
  if (value.length === 0) throw emptyArray(param);
  return value.map((part: unknown, index) => partText(part, `${param}[${index}]`, partTypes)).join('\n');
}

function partText(part: unknown, param: string, partTypes: readonly string[]): string {
  if (!isObject(part)) throw wrongType(param, 'an object', part);
  if (typeof part.type !== 'string' || !partTypes.includes(part.type))
    throw wrongValue(`${param}.type`, part.type, partTypes);
  const checked = objectWith(part, param, ['type', 'text', 'refusal', 'annotations', 'logprobs']);
  return textAt(checked.type === 'refusal' ? checked.refusal : checked.text, `${param}.text`);
}

/** True when the text must be JSON. A given schema is held to strict mode's rules when it asks for it. */
export function decodeTextFormat(format: unknown, schemaHolder: unknown, param: string): boolean {
  if (format === undefined || format === null) return false;
  if (!isObject(format)) throw wrongType(param, 'an object', format);
  if (format.type === 'text') return false;
  if (format.type === 'json_object') return true;
  if (format.type !== 'json_schema')
    throw wrongValue(`${param}.type`, format.type, ['json_object', 'json_schema', 'text']);
  if (!isObject(schemaHolder)) throw missing(`${param}.json_schema`);
  const name = textAt(schemaHolder.name, `${param}.name`);
  if (!isObject(schemaHolder.schema)) throw missing(`${param}.schema`);
  const fault = schemaHolder.strict === true ? strictFault(schemaHolder.schema, { allRequired: true }) : null;
  if (fault !== null) {
    const context = fault.at.map((key) => `'${key}'`).join(', ');
    throw new Refusal(400, `Invalid schema for response_format '${name}': In context=(${context}), ${fault.fault}`, {
      param,
      code: null,
    });
  }
  return true;
}

/** Models may have written arguments that are not JSON; the service takes them back all the same. */
export function parseArguments(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return text;
  }
}
