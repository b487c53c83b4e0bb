/** The comparators at the leaves of a filter: numbers, dates, text, booleans and ids. */
import { invalidInput } from '../board/errors.ts';
import type { QueryContext } from './context.ts';

type Value = string | number | boolean | null;

/** `value` may be a list where a record goes by more than one name; then any of them may be the one that is meant. */
export function compare(
  comparator: string,
  wanted: Readonly<Record<string, unknown>>,
  value: unknown,
  context: QueryContext,
): boolean {
  const values = (Array.isArray(value) ? value : [value]).map((each) => normal(comparator, each, context.now));
  return Object.entries(wanted).every(([operator, operand]) => {
    if (operand === undefined || (operand === null && operator !== 'eq' && operator !== 'neq')) return true;
    return holds(operator, values, operand, comparator, context);
  });
}

function holds(
  operator: string,
  values: readonly Value[],
  operand: unknown,
  comparator: string,
  context: QueryContext,
): boolean {
  const one = () => normal(comparator, operand, context.now);
  const many = () =>
    (Array.isArray(operand) ? operand : [operand]).map((each) => normal(comparator, each, context.now));
  const text = (test: (value: string, part: string) => boolean, fold: (part: string) => string = same) => {
    const part = fold(String(operand));
    return values.some((value) => typeof value === 'string' && test(fold(value), part));
  };
  const order = (test: (difference: number) => boolean) => {
    const limit = one();
    return values.some((value) => typeof value === 'number' && typeof limit === 'number' && test(value - limit));
  };
  switch (operator) {
    case 'null':
      return values.every((value) => value === null) === operand;
    case 'eq':
      return values.includes(one());
    case 'neq':
      return !values.includes(one());
    case 'in':
      return many().some((each) => values.includes(each));
    case 'nin':
      return !many().some((each) => values.includes(each));
    case 'gt':
      return order((difference) => difference > 0);
    case 'gte':
      return order((difference) => difference >= 0);
    case 'lt':
      return order((difference) => difference < 0);
    case 'lte':
      return order((difference) => difference <= 0);
    case 'contains':
      return text((value, part) => value.includes(part));
    case 'containsIgnoreCase':
      return text((value, part) => value.includes(part), lower);
    case 'containsIgnoreCaseAndAccent':
      return text((value, part) => value.includes(part), plain);
    case 'notContains':
      return !text((value, part) => value.includes(part));
    case 'notContainsIgnoreCase':
      return !text((value, part) => value.includes(part), lower);
    case 'startsWith':
      return text((value, part) => value.startsWith(part));
    case 'startsWithIgnoreCase':
      return text((value, part) => value.startsWith(part), lower);
    case 'notStartsWith':
      return !text((value, part) => value.startsWith(part));
    case 'endsWith':
      return text((value, part) => value.endsWith(part));
    case 'notEndsWith':
      return !text((value, part) => value.endsWith(part));
    case 'eqIgnoreCase':
      return text((value, part) => value === part, lower);
    case 'neqIgnoreCase':
      return !text((value, part) => value === part, lower);
    default:
      throw context.notWritten(`comparison "${operator}" of ${comparator}`);
  }
}

/** Dates become epoch milliseconds, so that two spellings of one moment are equal and order is plain arithmetic. */
function normal(comparator: string, value: unknown, now: number): Value {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  const text = String(value);
  return comparator.includes('Date') ? moment(text, now) : text;
}

/** ISO dates, and ISO durations that are added to now (`-P2W1D` is two weeks and a day ago). */
function moment(text: string, now: number): number {
  const duration = /^([+-])?P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(
    text,
  );
  if (duration) {
    const [, sign, ...parts] = duration;
    const days = [365, 30, 7, 1, 1 / 24, 1 / 1440, 1 / 86_400];
    const span = parts.reduce((sum, part, index) => sum + Number(part ?? 0) * (days[index] ?? 0) * 86_400_000, 0);
    return now + (sign === '-' ? -span : span);
  }
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw invalidInput(`"${text}" is neither a date nor a duration of ISO 8601.`);
  return time;
}

const same = (text: string) => text;
const lower = (text: string) => text.toLowerCase();
const plain = (text: string) =>
  text
    .normalize('NFD')
    .replace(/\p{Diacritic}/gu, '')
    .toLowerCase();
