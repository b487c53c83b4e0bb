/** What every driver owes: how commands end. Output, time limit, abort, and nothing left running afterwards. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { after, test } from 'node:test';
import { processesWith, room, type Setup, sleeping, until } from './isolation-for-test.ts';

/** A number of seconds no other process sleeps for: it names ours in the process list. */
function needle(): string {
  return String(randomInt(100_000_000, 900_000_000));
}

/** Every way we know to get out of a process group, all at once. */
function daemons(seconds: string, name: string): string {
  const ways = [
    `setsid sleep ${seconds} >/dev/null 2>&1 &`,
    `setsid setsid sleep ${seconds} &`,
    `nohup sleep ${seconds} >/dev/null 2>&1 &`,
    `(setsid sh -c '(sleep ${seconds} &) & trap "" TERM HUP INT; sleep ${seconds}; sleep ${seconds}' &)`,
  ];
  // Without a namespace a daemon that also wiped its environment cannot be told from anybody else's process.
  if (name !== 'none without namespaces') ways.push(`env -i setsid /bin/sleep ${seconds} &`);
  return ways.join('\n');
}

export function contractOfEnds({ name, make, needs, bot: botArguments, owner }: Setup): void {
  const isolation = make();
  const { workspace, run, remove } = room(isolation, owner);
  after(remove);

  test(`${name}: output comes in order, with the exit code`, needs, async () => {
    const result = await run(['/bin/sh', '-c', 'echo one; echo two >&2; echo three; pwd; exit 7']);
    const output = `one\ntwo\nthree\n${workspace.tree}\n`;
    assert.deepEqual(result, { exitCode: 7, output, truncated: false, timedOut: false });
    assert.equal((await run(['no-such-program'])).exitCode, 127);
    assert.equal((await run(['/bin/sh', '-c', 'kill -9 $$'])).exitCode, 137);
    assert.equal((await run(['printf', '%s|', 'a b', '$HOME', '"', ''])).output, 'a b|$HOME|"||');
  });

  test(`${name}: standard input is closed unless given`, needs, async () => {
    assert.equal((await run(['cat'])).output, '');
    assert.equal((await run(['cat'], { input: 'given ü\n' })).output, 'given ü\n');
    assert.equal((await run(['true'], { input: 'x'.repeat(1_000_000) })).exitCode, 0);
  });

  test(`${name}: long output keeps head and tail and says so first`, needs, async () => {
    const script = 'echo START; i=0; while [ $i -lt 3000 ]; do echo ünïcödé $i; i=$((i+1)); done; echo END >&2';
    const { output, truncated, exitCode } = await run(['/bin/sh', '-c', script], { outputBytesMax: 1_001 });
    assert.deepEqual([truncated, exitCode], [true, 0]);
    assert.match(output, /^\[output of \d+ bytes cut: the first \d+ and the last \d+ are shown\]\nSTART\n/);
    assert.match(output, /END\n$/);
    assert.doesNotMatch(output, /\uFFFD/);
    assert.ok(Buffer.byteLength(output) < 1_001 + 200);
  });

  test(`${name}: the time limit ends everything, daemons too`, needs, async () => {
    const seconds = needle();
    const script = `${daemons(seconds, name)}\necho started; sleep ${seconds}`;
    const result = await run(['/bin/sh', '-c', script], { timeoutMs: 900 });
    assert.deepEqual([result.exitCode, result.timedOut], [null, true]);
    assert.deepEqual(processesWith(seconds), []);
  });

  test(`${name}: an abort ends everything, before and during`, needs, async () => {
    assert.equal((await run(['true'], { signal: AbortSignal.abort() })).exitCode, null);
    const seconds = needle();
    const stop = new AbortController();
    const script = `trap '' TERM INT HUP\n${daemons(seconds, name)}\nsleep ${seconds}; sleep ${seconds}`;
    const running = run(['/bin/sh', '-c', script], { signal: stop.signal });
    await until('the command runs', () => processesWith(`sleep ${seconds}`).length > 0);
    stop.abort();
    const result = await running;
    assert.deepEqual([result.exitCode, result.timedOut], [null, false]);
    assert.deepEqual(processesWith(seconds), []);
  });

  test(`${name}: a command that ends well leaves nothing behind either`, needs, async () => {
    const seconds = needle();
    const result = await run(['/bin/sh', '-c', `${daemons(seconds, name)}\nsleep 0.1; echo done`]);
    assert.deepEqual([result.exitCode, result.output], [0, 'done\n']);
    assert.deepEqual(processesWith(seconds), []);
  });

  test(`${name}: when the bot is killed, its commands die by themselves`, needs, async () => {
    const seconds = needle();
    const command = {
      argv: ['/bin/sh', '-c', `${daemons(seconds, name)}\nsleep ${seconds}`],
      workspace,
      readOnly: false,
    };
    const program = new URL('isolation-bot-for-test.ts', import.meta.url).pathname;
    const bot = spawn(process.execPath, [program, botArguments, JSON.stringify(command)], { stdio: 'ignore' });
    // Not while its room is being made: what was half made then ends at the next start of the bot.
    await until('the command runs', () => sleeping(seconds) >= 4);
    bot.kill('SIGKILL');
    await until('the bot is dead', () => bot.signalCode === 'SIGKILL');
    // Without namespaces they end at the next start of the bot.
    if (name.startsWith('none')) await make().probe();
    await until('nothing is left', () => processesWith(seconds).length === 0);
  });
}
