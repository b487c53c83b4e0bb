/** Reads the JSON a model wrote as a tool's input. Models get it wrong; that is the tool's to refuse, not the stream's. */

export function toolInput(json: string): unknown {
  if (json.trim() === '') return {};
  try {
    const input: unknown = JSON.parse(json);
    if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input;
  } catch {
    // Falls through: not JSON at all.
  }
  return { [UNREADABLE_INPUT]: json };
}

/** Every wire wants an object, so what was no object is carried in one; no tool knows the key, so each refuses it. */
const UNREADABLE_INPUT = 'notJson';
