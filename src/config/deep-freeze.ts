/** Freezes a value all the way down. Maps and sets lose their mutating methods, which freezing alone does not stop. */

export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  if (value instanceof Map || value instanceof Set) {
    for (const entry of value.values()) deepFreeze(entry);
    for (const method of ['set', 'add', 'delete', 'clear']) Object.defineProperty(value, method, { value: refuse });
  } else {
    for (const entry of Object.values(value)) deepFreeze(entry);
  }
  return Object.freeze(value);
}

function refuse(): never {
  throw new TypeError('This map or set is frozen.');
}
