/** Reads YAML text into plain values and remembers the line of every key; what is wrong with the text itself comes back as faults. */
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument, type YAMLError } from 'yaml';
import type { ConfigFault, KeyPath } from './config-error.ts';

export interface YamlText {
  readonly faults: readonly ConfigFault[];
  /** Undefined when the text could not be understood at all. */
  readonly value: unknown;
  /** Line of the key (or list entry) at this path; the nearest one above it when it is absent. */
  readonly lineOf: (path: KeyPath) => number;
}

/** `lineOffset` is the number of lines above the text in its file (front matter of a page). */
export function readYaml(text: string, file: string, lineOffset = 0): YamlText {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number) => lines.linePos(offset).line + lineOffset;
  const troubles = [...document.errors, ...document.warnings];
  const faults = troubles.map((trouble) => faultOf(trouble, text, file, lineAt(trouble.pos[0])));
  // A doubled key leaves the rest readable, so its other faults can be told in the same go.
  const readable = troubles.every((trouble) => trouble.code === 'DUPLICATE_KEY');
  return {
    faults,
    value: readable ? document.toJS() : undefined,
    lineOf: (path) => lineAt(offsetOf(document, path)),
  };
}

function offsetOf(document: Document, path: KeyPath): number {
  let offset = 0;
  let node: unknown = document.contents;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part));
      if (pair === undefined) break;
      if (isNode(pair.key) && pair.key.range) offset = pair.key.range[0];
      node = pair.value;
    } else {
      const child = isNode(node) && 'get' in node ? node.get(part, true) : undefined;
      if (!isNode(child)) break;
      if (child.range) offset = child.range[0];
      node = child;
    }
  }
  return offset;
}

function faultOf(
  trouble: YAMLError | { code: string; message: string; pos: [number, number] },
  text: string,
  file: string,
  line: number,
): ConfigFault {
  if (trouble.code === 'DUPLICATE_KEY') {
    const key = /^["']?([^"':\n]*)/.exec(text.slice(trouble.pos[0]))?.[1]?.trim() ?? '';
    return {
      file,
      line,
      key,
      expected: 'each key once',
      found: 'the same key a second time',
      hint: 'Remove one of them.',
    };
  }
  if (trouble.code === 'TAB_AS_INDENT') {
    return {
      file,
      line,
      key: '',
      expected: 'spaces for indentation',
      found: 'a tab',
      hint: 'Replace it by two spaces.',
    };
  }
  return {
    file,
    line,
    key: '',
    expected: 'valid YAML',
    found: trouble.message.split('\n')[0] ?? trouble.code,
    hint: null,
  };
}
