/** The log: JSON lines on standard error, or short readable lines on a terminal. Known secrets never reach it. */
import { type Logger, pino } from 'pino';

export type Log = Logger;

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** Takes the secrets out of a line; see config/create-redactor.ts. */
  readonly redact: (text: string) => string;
  /** True for a terminal. */
  readonly readable: boolean;
  readonly write: (line: string) => void;
}

/**
 * Redaction happens on the finished line, so it covers error causes and nested fields alike. No worker thread and no
 * buffer stand between: the last line before a crash is written.
 */
export function createLog({ level, redact, readable, write }: LogOptions): Log {
  const line = readable ? (text: string) => readableLine(text) : (text: string) => text;
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (text: string) => write(redact(line(text))) },
  );
}

/** Standard error as this process has it. */
export function standardError(): Pick<LogOptions, 'readable' | 'write'> {
  return { readable: process.stderr.isTTY === true, write: (line) => process.stderr.write(line) };
}

function readableLine(json: string): string {
  const { time, level, msg, err, ...fields }: Readonly<Record<string, unknown>> = JSON.parse(json);
  const rest = Object.entries(fields).map(([key, value]) => ` ${key}=${textOf(value)}`);
  const stack = typeof err === 'object' && err !== null && 'stack' in err ? `\n${err.stack}` : '';
  return `${String(time).slice(11, 19)} ${String(level).padEnd(5)} ${msg ?? ''}${rest.join('')}${stack}\n`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
