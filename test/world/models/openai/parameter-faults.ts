/** OpenAI's words for a parameter that is missing, unknown, of the wrong kind or out of range. */
import { isObject, type Json, unknownKey } from '../../json.ts';
import { Refusal } from '../refusal.ts';

export function missing(param: string): Refusal {
  return new Refusal(400, `Missing required parameter: '${param}'.`, { param, code: 'missing_required_parameter' });
}

function unknownParameter(param: string): Refusal {
  return new Refusal(400, `Unknown parameter: '${param}'.`, { param, code: 'unknown_parameter' });
}

export function wrongType(param: string, expected: string, value: unknown): Refusal {
  const got =
    value === null ? 'null' : Array.isArray(value) ? 'an array' : isObject(value) ? 'an object' : `a ${typeof value}`;
  return new Refusal(400, `Invalid type for '${param}': expected ${expected}, but got ${got} instead.`, {
    param,
    code: 'invalid_type',
  });
}

export function wrongValue(param: string, value: unknown, supported: readonly string[]): Refusal {
  const list = supported.map((each) => `'${each}'`).join(', ');
  return new Refusal(400, `Invalid value: '${String(value)}'. Supported values are: ${list}.`, {
    param,
    code: 'invalid_value',
  });
}

export function emptyArray(param: string): Refusal {
  return new Refusal(
    400,
    `Invalid '${param}': empty array. Expected an array with minimum length 1, but got an empty array instead.`,
    {
      param,
      code: 'empty_array',
    },
  );
}

export function unsupported(param: string, advice: string): Refusal {
  return new Refusal(400, `Unsupported parameter: '${param}' is not supported with this model.${advice}`, {
    param,
    code: 'unsupported_parameter',
  });
}

/** A mistake in the order of a conversation: only `param` points at it, there is no code. */
export function misplaced(param: string, message: string): Refusal {
  return new Refusal(400, message, { param, code: null });
}

/** An object with known keys only; `param` is '' for the body itself. */
export function objectWith(value: unknown, param: string, known: readonly string[]): Json {
  if (!isObject(value)) throw wrongType(param === '' ? 'body' : param, 'an object', value);
  const extra = unknownKey(value, known);
  if (extra !== undefined) throw unknownParameter(param === '' ? extra : `${param}.${extra}`);
  return value;
}

export function textAt(value: unknown, param: string): string {
  if (value === undefined) throw missing(param);
  if (typeof value !== 'string') throw wrongType(param, 'a string', value);
  return value;
}

/** A whole number of at least `minimum`, or null when the caller set none. */
export function limitAt(value: unknown, param: string, minimum: number): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'number' || !Number.isInteger(value)) throw wrongType(param, 'an integer', value);
  if (value < minimum) {
    throw new Refusal(
      400,
      `Invalid '${param}': integer below minimum value. Expected a value >= ${minimum}, but got ${value} instead.`,
      { param, code: 'integer_below_min_value' },
    );
  }
  return value;
}

/** The reasoning models of OpenAI, which refuse some parameters; other names are taken for local models. */
export function isReasoningModel(model: string): boolean {
  return /^(gpt-[5-9]|o\d)/.test(model) && !model.includes('chat');
}
