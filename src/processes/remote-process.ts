/** A process that the launcher started, seen from the bot. */
import { EventEmitter } from 'node:events';
import { Duplex, Readable, Writable } from 'node:stream';
import type { Launched } from './launched.ts';
import type { AboutProcess, StandardStream, ToLauncher } from './launcher-words.ts';

type Stream = Readable | Writable | Duplex;

export class RemoteProcess extends EventEmitter implements Launched {
  pid: number | undefined = undefined;
  exitCode: number | null = null;
  signalCode: NodeJS.Signals | null = null;
  readonly stdio: readonly (Stream | null)[];
  readonly #id: number;
  readonly #tell: (words: ToLauncher) => void;
  /** Who waits for what they put in to be taken, by descriptor. */
  readonly #taken = new Map<number, (error?: Error) => void>();
  /** Output that is not read yet, in bytes by descriptor. */
  readonly #unread = new Map<number, number>();

  constructor(id: number, stdio: readonly StandardStream[], tell: (words: ToLauncher) => void) {
    super();
    this.#id = id;
    this.#tell = tell;
    this.stdio = stdio.map((kind, descriptor) => (kind === 'pipe' ? this.#stream(descriptor) : null));
  }

  get stdin(): Writable | null {
    return (this.stdio[0] as Writable | null | undefined) ?? null;
  }

  get stdout(): Readable | null {
    return (this.stdio[1] as Readable | null | undefined) ?? null;
  }

  get stderr(): Readable | null {
    return (this.stdio[2] as Readable | null | undefined) ?? null;
  }

  hear(words: AboutProcess): void {
    switch (words.kind) {
      case 'started':
        this.pid = words.pid;
        this.emit('spawn');
        return;
      case 'failed':
        this.#endOutput();
        this.emit('error', Object.assign(new Error(words.message), { code: words.code }));
        return;
      case 'output': {
        const stream = this.stdio[words.descriptor] as Readable | null;
        const { descriptor, chunk } = words;
        if (stream === null || stream.destroyed) return;
        if (stream.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)))
          this.#read(descriptor, chunk.length);
        else this.#unread.set(descriptor, (this.#unread.get(descriptor) ?? 0) + chunk.length);
        return;
      }
      case 'taken': {
        const taken = this.#taken.get(words.descriptor);
        this.#taken.delete(words.descriptor);
        if (words.open) taken?.();
        else taken?.(Object.assign(new Error('the process reads no more'), { code: 'EPIPE' }));
        return;
      }
      case 'exited':
        this.exitCode = words.code;
        this.signalCode = words.signal;
        this.emit('exit', words.code, words.signal);
        return;
      case 'closed':
        this.#endOutput();
        void this.#close();
        return;
    }
    words satisfies never;
  }

  /** The launcher is gone, and with it what it had started. */
  lose(): void {
    if (this.exitCode === null && this.signalCode === null) {
      this.hear({ kind: 'exited', id: this.#id, code: null, signal: 'SIGKILL' });
    }
    this.hear({ kind: 'closed', id: this.#id });
  }

  #stream(descriptor: number): Stream {
    const read = () => this.#read(descriptor, this.#unread.get(descriptor) ?? 0);
    const write = (chunk: Buffer, _encoding: BufferEncoding, taken: (error?: Error | null) => void) => {
      this.#taken.set(descriptor, taken);
      this.#tell({ kind: 'input', id: this.#id, descriptor, chunk });
    };
    const final = (ended: () => void) => {
      this.#tell({ kind: 'input-end', id: this.#id, descriptor });
      ended();
    };
    const destroy = (error: Error | null, destroyed: (error: Error | null) => void) => {
      this.#tell({ kind: 'close', id: this.#id, descriptor });
      destroyed(error);
    };
    if (descriptor === 0) return new Writable({ write, final, destroy });
    return descriptor < 3 ? new Readable({ read, destroy }) : new Duplex({ read, write, final, destroy });
  }

  #read(descriptor: number, bytes: number): void {
    this.#unread.delete(descriptor);
    if (bytes > 0) this.#tell({ kind: 'read', id: this.#id, descriptor, bytes });
  }

  #endOutput(): void {
    for (const stream of this.stdio) end(stream);
    for (const taken of this.#taken.values()) taken(Object.assign(new Error('the process is gone'), { code: 'EPIPE' }));
    this.#taken.clear();
  }

  /** As Node has it: only when all that was written has been read, or nobody wants to. */
  async #close(): Promise<void> {
    await Promise.all(
      this.stdio.map(async (stream) => {
        if (stream === null || !(stream instanceof Readable)) return;
        if (stream.listenerCount('data') === 0 && stream.listenerCount('readable') === 0) stream.resume();
        if (stream.readableEnded || stream.destroyed) return;
        await new Promise<void>((resolve) => {
          stream.once('end', resolve);
          stream.once('close', resolve);
        });
      }),
    );
    this.emit('close', this.exitCode, this.signalCode);
  }
}

function end(stream: Stream | null | undefined): void {
  if (stream instanceof Readable && !stream.destroyed && !stream.readableEnded) stream.push(null);
}
