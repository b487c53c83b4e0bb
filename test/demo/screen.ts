// Draws frames on a terminal without flicker: over the last one, line by line, on a screen of its own that is given back
// however the program ends short of SIGKILL.

export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

/** What a process can tell and be told; `process` itself is one. */
export interface Lifetime {
  readonly pid: number;
  on(event: string, listener: () => void): unknown;
  off(event: string, listener: () => void): unknown;
  listenerCount(event: string): number;
  kill(pid: number, signal: NodeJS.Signals): unknown;
}

export interface Screen {
  /** The frame is drawn when it differs from the one that is there. */
  draw(frame: string): void;
  /** The terminal as it was, cursor shown. Doing it twice does it once. */
  close(): void;
}

const OPEN = '\u001b[?1049h\u001b[?25l\u001b[H\u001b[2J';
const CLOSE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';
const SIGNALS = ['SIGTERM', 'SIGHUP'] as const;

export function openScreen(terminal: Terminal, lifetime: Lifetime): Screen {
  let last: string | null = null;
  let open = true;
  const close = (): void => {
    if (!open) return;
    open = false;
    lifetime.off('exit', close);
    for (const [signal, listener] of leaving) lifetime.off(signal, listener);
    terminal.write(CLOSE);
  };
  // A signal nobody else handles ends the process without an exit event: give the terminal back, then let it happen.
  const leaving = SIGNALS.map((signal) => {
    const listener = (): void => {
      close();
      if (lifetime.listenerCount(signal) === 0) lifetime.kill(lifetime.pid, signal);
    };
    return [signal, listener] as const;
  });
  lifetime.on('exit', close);
  for (const [signal, listener] of leaving) lifetime.on(signal, listener);
  terminal.write(OPEN);
  return {
    draw(frame) {
      if (!open || frame === last) return;
      last = frame;
      terminal.write(`${HOME}${frame.replaceAll('\n', `${CLEAR_LINE}\r\n`)}${CLEAR_LINE}${CLEAR_BELOW}`);
    },
    close,
  };
}

type Environment = Readonly<Record<string, string | undefined>>;

/** NO_COLOR with any value but the empty one means no: https://no-color.org */
export function wantsColor(terminal: Terminal, env: Environment): boolean {
  return terminal.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
}

/** A board needs a terminal that can move its cursor and has room for it. */
export function canShowBoard(terminal: Terminal, env: Environment, columnsMin: number): boolean {
  return terminal.isTTY === true && env.TERM !== 'dumb' && (terminal.columns ?? 80) >= columnsMin;
}
