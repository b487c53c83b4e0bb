/** What the bot and its launcher say to each other, over the channel that Node keeps between a process and its child. */

export type StandardStream = 'pipe' | 'ignore';

export type ToLauncher =
  | {
      readonly kind: 'start';
      /** Counts up; names the process in all that is said about it. */
      readonly id: number;
      readonly program: string;
      readonly args: readonly string[];
      readonly cwd: string;
      readonly env: Readonly<Record<string, string>>;
      readonly stdio: readonly StandardStream[];
    }
  | { readonly kind: 'input'; readonly id: number; readonly descriptor: number; readonly chunk: Uint8Array }
  | { readonly kind: 'input-end'; readonly id: number; readonly descriptor: number }
  /** So much of the output is read: more may come. */
  | { readonly kind: 'read'; readonly id: number; readonly descriptor: number; readonly bytes: number }
  /** Nobody reads on. */
  | { readonly kind: 'close'; readonly id: number; readonly descriptor: number };

export type FromLauncher =
  /** It runs and listens; said once. */
  { readonly kind: 'ready' } | AboutProcess;

export type AboutProcess =
  | { readonly kind: 'started'; readonly id: number; readonly pid: number }
  | { readonly kind: 'failed'; readonly id: number; readonly code: string | undefined; readonly message: string }
  | { readonly kind: 'output'; readonly id: number; readonly descriptor: number; readonly chunk: Uint8Array }
  /** What was put in last is taken; `open` is false when the process reads no more. */
  | { readonly kind: 'taken'; readonly id: number; readonly descriptor: number; readonly open: boolean }
  | {
      readonly kind: 'exited';
      readonly id: number;
      readonly code: number | null;
      readonly signal: NodeJS.Signals | null;
    }
  /** It is gone and all it wrote has been passed on. */
  | { readonly kind: 'closed'; readonly id: number };
