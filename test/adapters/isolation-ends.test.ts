/** How commands end, with walls and without: output, time limit, abort, and nothing left running afterwards. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { after, test } from 'node:test';
import { createIsolation } from '../../src/isolation/create-isolation.ts';
import { BWRAP, processesWith, room, until } from './isolation-for-test.ts';

const SETUPS = [
  { driver: 'bwrap', needs: BWRAP },
  { driver: 'none', needs: {} },
] as const;

/** A number of seconds no other process sleeps for: it names ours in the process list. */
function needle(): string {
  return String(randomInt(100_000_000, 900_000_000));
}

/** Every way we know to get out of a process group, all at once. */
function daemons(seconds: string): string {
  return [
    `setsid sleep ${seconds} >/dev/null 2>&1 &`,
    `setsid setsid sleep ${seconds} &`,
    `nohup sleep ${seconds} >/dev/null 2>&1 &`,
    `(setsid sh -c '(sleep ${seconds} &) & trap "" TERM HUP INT; sleep ${seconds}; sleep ${seconds}' &)`,
    `env -i setsid /bin/sleep ${seconds} &`,
  ].join('\n');
}

for (const { driver, needs } of SETUPS) {
  const isolation = createIsolation({ driver });
  const { workspace, run, remove } = room(isolation);
  after(remove);

  test(`${driver}: output comes in order, with the exit code`, needs, async () => {
    const result = await run(['/bin/sh', '-c', 'echo one; echo two >&2; echo three; pwd; exit 7']);
    const output = `one\ntwo\nthree\n${workspace.tree}\n`;
    assert.deepEqual(result, { exitCode: 7, output, truncated: false, timedOut: false });
    assert.equal((await run(['no-such-program'])).exitCode, 127);
    assert.equal((await run(['/bin/sh', '-c', 'kill -9 $$'])).exitCode, 137);
    assert.equal((await run(['printf', '%s|', 'a b', '$HOME', '"', ''])).output, 'a b|$HOME|"||'.replace('||', '||'));
  });

  test(`${driver}: standard input is closed unless given`, needs, async () => {
    assert.equal((await run(['cat'])).output, '');
    assert.equal((await run(['cat'], { input: 'given ü\n' })).output, 'given ü\n');
    assert.equal((await run(['true'], { input: 'x'.repeat(1_000_000) })).exitCode, 0);
  });

  test(`${driver}: long output keeps head and tail and says so first`, needs, async () => {
    const script = 'echo START; i=0; while [ $i -lt 3000 ]; do echo ünïcödé $i; i=$((i+1)); done; echo END >&2';
    const { output, truncated, exitCode } = await run(['/bin/sh', '-c', script], { outputBytesMax: 1_001 });
    assert.deepEqual([truncated, exitCode], [true, 0]);
    assert.match(output, /^\[output of \d+ bytes cut: the first \d+ and the last \d+ are shown\]\nSTART\n/);
    assert.match(output, /END\n$/);
    assert.doesNotMatch(output, /\uFFFD/);
    assert.ok(Buffer.byteLength(output) < 1_001 + 200);
  });

  test(`${driver}: the time limit ends everything, daemons too`, needs, async () => {
    const seconds = needle();
    const script = `${daemons(seconds)}\necho started; sleep ${seconds}`;
    const result = await run(['/bin/sh', '-c', script], { timeoutMs: 700 });
    assert.deepEqual([result.exitCode, result.timedOut], [null, true]);
    assert.deepEqual(processesWith(seconds).filter(survives), []);
  });

  test(`${driver}: an abort ends everything, before and during`, needs, async () => {
    assert.equal((await run(['true'], { signal: AbortSignal.abort() })).exitCode, null);
    const seconds = needle();
    const stop = new AbortController();
    const script = `trap '' TERM INT HUP\n${daemons(seconds)}\nsleep ${seconds}; sleep ${seconds}`;
    const running = run(['/bin/sh', '-c', script], { signal: stop.signal });
    await until('the command runs', () => processesWith(`sleep ${seconds}`).length > 0);
    stop.abort();
    const result = await running;
    assert.deepEqual([result.exitCode, result.timedOut], [null, false]);
    assert.deepEqual(processesWith(seconds).filter(survives), []);
  });

  test(`${driver}: a command that ends well leaves nothing behind either`, needs, async () => {
    const seconds = needle();
    const result = await run(['/bin/sh', '-c', `${daemons(seconds)}\nsleep 0.1; echo done`]);
    assert.deepEqual([result.exitCode, result.output], [0, 'done\n']);
    assert.deepEqual(processesWith(seconds).filter(survives), []);
  });

  test(`${driver}: when the bot is killed, its commands die by themselves`, needs, async () => {
    const seconds = needle();
    const module = new URL('../../src/isolation/create-isolation.ts', import.meta.url).href;
    const command = { argv: ['/bin/sh', '-c', `${daemons(seconds)}\nsleep ${seconds}`], workspace, readOnly: false };
    const program = `
      import { createIsolation } from ${JSON.stringify(module)};
      await createIsolation({ driver: '${driver}' }).exec({ ...${JSON.stringify(command)},
        timeoutMs: 600000, outputBytesMax: 1000, signal: new AbortController().signal });`;
    const bot = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'ignore' });
    await until('the command runs', () => processesWith(`sleep ${seconds}`).length >= 3);
    bot.kill('SIGKILL');
    // Without namespaces the next start of the bot ends what is left; with them the probe finds nothing to do.
    await until('the bot is dead', () => bot.signalCode === 'SIGKILL');
    await createIsolation({ driver }).probe();
    await until('nothing is left', () => processesWith(seconds).filter(survives).length === 0);
  });
}

/** This test's own children carry the number in a program text; they are not what is looked for. */
function survives(pid: number): boolean {
  return pid !== process.pid;
}
