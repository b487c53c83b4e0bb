/** Keeps the head and the tail of an output of any length within a bound, because errors stand at both ends. */

export interface BoundedOutput {
  readonly bytes: number;
  add(chunk: Buffer): void;
  /** The text, with a notice at its head and one at the gap when something was left out. */
  text(): { readonly output: string; readonly truncated: boolean };
}

export function boundedOutput(bytesMax: number): BoundedOutput {
  const headMax = Math.floor(bytesMax / 2);
  const tailMax = bytesMax - headMax;
  const head: Buffer[] = [];
  let headBytes = 0;
  let tail: Buffer[] = [];
  let tailBytes = 0;
  let bytes = 0;

  return {
    get bytes() {
      return bytes;
    },
    add(chunk) {
      bytes += chunk.length;
      const room = headMax - headBytes;
      if (room > 0) {
        head.push(chunk.subarray(0, room));
        headBytes += Math.min(room, chunk.length);
      }
      if (chunk.length <= room) return;
      const rest = chunk.subarray(Math.max(room, 0));
      tail.push(rest);
      tailBytes += rest.length;
      // Trimmed only when it has doubled, so that many small writes cost no copying each.
      if (tailBytes > 2 * tailMax + 65_536) {
        tail = [Buffer.from(Buffer.concat(tail).subarray(tailBytes - tailMax))];
        tailBytes = tailMax;
      }
    },
    text() {
      if (bytes <= bytesMax) return { output: Buffer.concat([...head, ...tail]).toString('utf8'), truncated: false };
      const start = wholeStart(Buffer.concat(head));
      const end = wholeEnd(Buffer.concat(tail).subarray(-tailMax));
      const left = bytes - start.length - end.length;
      const notice = `[output of ${bytes} bytes cut: the first ${start.length} and the last ${end.length} are shown]`;
      return { output: `${notice}\n${start}\n[... ${left} bytes left out ...]\n${end}`, truncated: true };
    },
  };
}

/** Drops a character that the cut went through, at the end or at the start. */
function wholeStart(bytes: Buffer): Buffer {
  let end = bytes.length;
  for (let back = 1; back <= Math.min(4, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const width = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    if (width > back) end = bytes.length - back;
    break;
  }
  return bytes.subarray(0, end);
}

function wholeEnd(bytes: Buffer): Buffer {
  let start = 0;
  while (start < Math.min(3, bytes.length) && ((bytes[start] ?? 0) & 0xc0) === 0x80) start++;
  return bytes.subarray(start);
}
