/** Processes started by the bot itself and by its launcher behave alike; and none of them outlives what started it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launch } from '../../src/processes/launch.ts';
import type { Launched } from '../../src/processes/launched.ts';
import type { StandardStream } from '../../src/processes/launcher-words.ts';
import { withParentDeath } from '../../src/processes/parent-death.ts';
import { RemoteProcess } from '../../src/processes/remote-process.ts';
import { until } from '../adapters/isolation-for-test.ts';

const PIPES: readonly StandardStream[] = ['pipe', 'pipe', 'pipe'];

function sh(script: string, stdio = PIPES): Launched {
  return launch('/bin/sh', ['-c', script, 'sh'], { cwd: '/', env: { WORD: 'said' }, stdio });
}

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly output: Buffer;
  readonly complaints: string;
}

function ended(child: Launched): Promise<Ended> {
  const [output, complaints]: [Buffer[], Buffer[]] = [[], []];
  child.stdout?.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => complaints.push(chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code: number | null, signal: string | null) =>
      resolve({ code, signal, output: Buffer.concat(output), complaints: Buffer.concat(complaints).toString() }),
    );
  });
}

/** Starts in a row until the next one is a launcher's. */
async function keepBusy(): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (Date.now() < deadline) {
    const child = sh('exit 0');
    await ended(child);
    if (child instanceof RemoteProcess) return;
  }
  throw new Error('no launcher came up');
}

for (const by of ['the bot itself', 'its launcher'] as const) {
  describe(`a process started by ${by}`, () => {
    // The first dozen starts of this file are the bot's own.
    if (by === 'its launcher') before(keepBusy);

    test('is what it says: program, arguments, folder, environment, exit code, both outputs', async () => {
      const child = sh('pwd; echo "$WORD"; env | sort | cut -d= -f1 | tr "\\n" " "; echo oh >&2; exit 7');
      assert.equal(child instanceof RemoteProcess, by === 'its launcher');
      const { code, signal, output, complaints } = await ended(child);
      assert.deepEqual([code, signal, complaints], [7, null, 'oh\n']);
      assert.match(output.toString(), /^\/\nsaid\n(OLDPWD )?PWD (SHLVL )?WORD (_ )?$/);
      assert.deepEqual([child.exitCode, child.signalCode], [7, null]);
    });

    test('leads a process group of its own', async () => {
      const child = sh('cut -d" " -f5,6 /proc/self/stat; echo $$');
      const { output } = await ended(child);
      assert.equal(output.toString(), `${child.pid} ${child.pid}\n${child.pid}\n`);
    });

    test('tells by which signal it ended', async () => {
      const { code, signal } = await ended(sh('kill -TERM $$'));
      assert.deepEqual([code, signal], [null, 'SIGTERM']);
    });

    test('gives back megabytes byte for byte, whatever the reader does meanwhile', async () => {
      const bytes = randomBytes(9_000_000);
      const child = sh('exec cat');
      const all = ended(child);
      child.stdin?.end(bytes);
      child.stdout?.pause();
      await new Promise((resolve) => setImmediate(resolve));
      child.stdout?.resume();
      assert.ok((await all).output.equals(bytes));
    });

    test('may leave its input unread', async () => {
      const child = sh('exit 4');
      child.stdin?.on('error', () => {});
      child.stdin?.end(randomBytes(3_000_000));
      assert.equal((await ended(child)).code, 4);
    });

    test('talks on descriptors 3 and 4', async () => {
      const child = sh('cat <&4 >&3', ['ignore', 'ignore', 'ignore', 'pipe', 'pipe']);
      let told = '';
      child.stdio[3]?.on('data', (chunk: Buffer) => {
        told += chunk.toString();
      });
      (child.stdio[4] as NodeJS.ReadWriteStream).resume();
      (child.stdio[4] as NodeJS.WritableStream).end('through');
      assert.equal((await ended(child)).code, 0);
      assert.equal(told, 'through');
    });

    test('that nobody reads ends all the same', async () => {
      const child = sh('echo one; echo two >&2; exit 3');
      const code = await new Promise((resolve) => child.once('close', resolve));
      assert.equal(code, 3);
    });

    test('that writes for ever waits for whoever does not read, and ends when it is killed', async () => {
      const child = sh('exec yes');
      child.stdout?.once('data', () => child.stdout?.pause());
      await new Promise((resolve) => child.once('spawn', resolve));
      process.kill(-(child.pid ?? 0), 'SIGKILL');
      const signal = await new Promise((resolve) => child.once('exit', (_code, by) => resolve(by)));
      assert.equal(signal, 'SIGKILL');
      child.stdout?.destroy();
    });

    test('that does not exist is told as Node tells it', async () => {
      const child = launch('/no/such/program', [], { cwd: '/', env: {}, stdio: PIPES });
      await assert.rejects(ended(child), { code: 'ENOENT' });
    });

    test('runs beside others without mixing their words', async () => {
      const all = Array.from({ length: 12 }, (_, index) =>
        ended(sh(`for i in 1 2 3 4 5 6 7 8; do echo ${index}; done`)),
      );
      for (const [index, one] of (await Promise.all(all)).entries()) {
        assert.equal(one.output.toString(), `${index}\n`.repeat(8));
      }
    });
  });
}

test('when the launcher is killed, what it ran is told as killed, and the next start finds another way', async () => {
  await keepBusy();
  const [program = '', ...args] = withParentDeath(['/bin/sleep', '600']);
  const child = launch(program, args, { cwd: '/', env: {}, stdio: PIPES });
  await new Promise((resolve) => child.once('spawn', resolve));
  const launcher = Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]);
  assert.notEqual(launcher, process.pid);
  const told = ended(child);
  process.kill(launcher, 'SIGKILL');
  assert.equal((await told).signal, 'SIGKILL');
  await until('its child is gone too', () => !alive(child.pid));
  assert.equal((await ended(sh('echo on'))).output.toString(), 'on\n');
});

describe('a program that is killed', () => {
  const program = fileURLToPath(new URL('./launch-for-test.ts', import.meta.url));
  const bot = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
  after(() => bot.kill('SIGKILL'));

  test('takes its launcher and what that started with it', async () => {
    const line = await new Promise<string>((resolve) => bot.stdout.once('data', (chunk) => resolve(String(chunk))));
    const [own, last] = line.trim().split(' ').map(Number);
    const parent = Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${last}/status`, 'utf8'))?.[1]);
    assert.notEqual(parent, own);
    bot.kill('SIGKILL');
    await until('all of them are gone', () => ![parent, last].some(alive));
  });
});

function alive(pid: number | undefined): boolean {
  try {
    return !/^State:\s*[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
