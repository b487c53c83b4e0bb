/** Takes apart the engine's stream of a command without terminal: frames of one kind byte, three zeros, four bytes of length. */

export interface Frames {
  add(chunk: Buffer): void;
}

const HEADER_BYTES = 8;

/** Gives the parts of each frame as they arrive, so that a frame of any length is never held. */
export function demultiplex(onPart: (stream: 'output' | 'errors', part: Buffer) => void): Frames {
  let header = Buffer.alloc(0);
  let stream: 'output' | 'errors' = 'output';
  let left = 0;
  return {
    add(chunk) {
      let rest = chunk;
      while (rest.length > 0) {
        if (left === 0) {
          const wanted = HEADER_BYTES - header.length;
          header = Buffer.concat([header, rest.subarray(0, wanted)]);
          rest = rest.subarray(wanted);
          if (header.length < HEADER_BYTES) return;
          stream = header[0] === 2 ? 'errors' : 'output';
          left = header.readUInt32BE(4);
          header = Buffer.alloc(0);
          continue;
        }
        const part = rest.subarray(0, left);
        left -= part.length;
        rest = rest.subarray(part.length);
        onPart(stream, part);
      }
    },
  };
}
