/** What the command line says when it cannot do what it was asked: one plain line that helps, and the right exit code. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { controlSocket, serveControl } from '../../src/web/control-server.ts';
import { changed, configFolder, SETTINGS } from '../config/config-folder.ts';
import { type Outcome, runHeartline } from './run-heartline.ts';

const COMMANDS = ['up', 'tick', 'status', 'why', 'check', 'thaw', 'demo'];
const KEYS = { LINEAR_API_KEY: 'lin_api_0', GITHUB_TOKEN: 'github_pat_0', ANTHROPIC_API_KEY: 'sk-ant-0' };

test('--help tells every command', async (t) => {
  const { code, stdout, stderr } = await run(t, ['--help']);
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  const told = stdout.split('\n').flatMap((line) => /^ {2}([a-z]+)/.exec(line)?.[1] ?? []);
  assert.deepEqual(told.sort(), [...COMMANDS, 'help'].sort());
});

const misuse: readonly { readonly name: string; readonly args: readonly string[]; readonly says: RegExp }[] = [
  { name: 'an unknown command', args: ['statu'], says: /unknown command 'statu'[\s\S]*Did you mean status\?/ },
  { name: 'an unknown option', args: ['status', '--jsn'], says: /unknown option '--jsn'[\s\S]*Did you mean --json\?/ },
  { name: 'an issue that is not named', args: ['why'], says: /missing required argument 'issue'/ },
  { name: 'an argument too many', args: ['status', 'ENG-1'], says: /too many arguments/ },
];
for (const { name, args, says } of misuse) {
  test(`${name} ends with 2 and points to the help`, async (t) => {
    const { code, stdout, stderr } = await run(t, args);
    assert.equal(code, 2);
    assert.equal(stdout, '');
    assert.match(stderr, says);
    assert.match(stderr, /heartline .*--help/);
    assert.doesNotMatch(stderr, /\n\s+at /, 'no stack');
  });
}

test('a wrong config ends every command with 2 and tells every fault at once', async (t) => {
  const folder = configFolder(t, changed(changed(SETTINGS, 'team: ENG', 'taem: ENG'), 'local/coder', 'lcal/coder'));
  for (const args of [['up'], ['tick'], ['tick', '--dry-run'], ['status'], ['why', 'ENG-1'], ['thaw', 'acme/shop']]) {
    const { code, stdout, stderr } = await runHeartline(args, { cwd: folder.path, env: KEYS });
    assert.deepEqual({ args, code, stdout }, { args, code: 2, stdout: '' });
    assert.match(stderr, /^3 faults in the configuration:\n/, args.join(' '));
    for (const says of [/heartline\.yaml:3 projects\[0\]\.taem/, /projects\[0\]\.team/, /roles\.dev\.chain\[0\]/]) {
      assert.match(stderr, says);
    }
  }
  assert.equal(existsSync(join(folder.path, '.heartline')), false, 'nothing was made');
});

test('a settings file that is not there is named, with how to get one', async (t) => {
  for (const args of [['up'], ['status'], ['why', 'ENG-1']]) {
    const { code, stdout, stderr } = await run(t, ['-c', 'elsewhere.yaml', ...args]);
    assert.deepEqual({ args, code, stdout }, { args, code: 2, stdout: '' });
    assert.match(stderr, /elsewhere\.yaml: expected the settings file; found no such file\. Copy .*--config\.$/m);
  }
  const { stdout } = await run(t, ['-c', 'elsewhere.yaml', 'check']);
  assert.match(stdout, /elsewhere\.yaml: expected the settings file; found no such file\. Copy .*--config\.$/m);
});

test('up names every missing key with the place where it can be had, and never a value', async (t) => {
  const folder = configFolder(t);
  const env = { ANTHROPIC_API_KEY: 'sk-ant-canary', LINEAR_API_KEY: '' };
  const { code, stdout, stderr } = await runHeartline(['up'], { cwd: folder.path, env });
  assert.deepEqual({ code, stdout }, { code: 2, stdout: '' });
  assert.match(stderr, /LINEAR_API_KEY; found an empty value.*Linear under Settings/);
  assert.match(stderr, /GITHUB_TOKEN; found nothing.*github\.com\/settings\/personal-access-tokens/);
  assert.doesNotMatch(stderr, /canary/);
});

test('with no bot running, the commands that ask it say how to start one', async (t) => {
  const folder = configFolder(t);
  for (const args of [['status'], ['status', '--json'], ['why', 'ENG-1'], ['thaw', 'acme/shop']]) {
    const { code, stdout, stderr } = await runHeartline(args, { cwd: folder.path });
    assert.deepEqual({ args, code, stdout }, { args, code: 1, stdout: '' });
    assert.equal(
      stderr,
      `heartline: no bot is running on ${join(folder.path, '.heartline')}. Start it with: heartline up\n`,
    );
  }
});

test('a data path too long for a socket: no bot is told from a bot that answers', async (t) => {
  const folder = configFolder(t);
  const dataDir = join(folder.path, 'deep'.repeat(30), 'down'.repeat(30));
  folder.write('heartline.yaml', `${SETTINGS}dataDir: ${dataDir}\n`);
  const alone = await runHeartline(['status'], { cwd: folder.path });
  assert.equal(alone.code, 1);
  assert.match(alone.stderr, /no bot is running on .*down\. Start it with/);

  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const server = await serveControl(controlSocket(dataDir), {
    'POST /thaw': (repository) => ({ thawed: repository !== '' }),
  });
  t.after(async () => {
    await server.close();
    rmSync(dirname(controlSocket(dataDir)), { recursive: true, force: true });
  });
  const answered = await runHeartline(['thaw', 'acme/shop'], { cwd: folder.path });
  assert.deepEqual(answered, {
    code: 0,
    stdout: 'acme/shop is thawed. Parked issues go on with /resume.\n',
    stderr: '',
  });
});

test('an issue the running bot does not see is told apart from a board that could not be read', async (t) => {
  const folder = configFolder(t);
  const dataDir = join(folder.path, '.heartline');
  mkdirSync(dataDir, { mode: 0o700 });
  let linear: string | null = null;
  const server = await serveControl(controlSocket(dataDir), {
    'GET /status': () => ({ issues: [], reads: { linear } }),
  });
  t.after(() => server.close());
  const unseen = await runHeartline(['why', 'ENG-404'], { cwd: folder.path });
  assert.equal(unseen.code, 1);
  assert.match(unseen.stderr, /^heartline: ENG-404 is not among the issues that are watched/);
  linear = 'Linear answered HTTP 503';
  const unread = await runHeartline(['why', 'ENG-404'], { cwd: folder.path });
  assert.equal(unread.code, 1);
  assert.match(unread.stderr, /^heartline: Linear has not been read \(Linear answered HTTP 503\)/);
});

test('a bot that answers with an error is quoted, without a stack', async (t) => {
  const folder = configFolder(t);
  const dataDir = join(folder.path, '.heartline');
  mkdirSync(dataDir, { mode: 0o700 });
  const server = await serveControl(controlSocket(dataDir), {
    'GET /status': () => {
      throw new Error('the rows are gone');
    },
  });
  t.after(() => server.close());
  const { code, stderr } = await runHeartline(['status'], { cwd: folder.path });
  assert.equal(code, 1);
  assert.equal(stderr, 'heartline: the bot answered 500: {"error":"the rows are gone"}\n');
});

test('the demo refuses a number that is none', async (t) => {
  const { code, stderr } = await run(t, ['demo', '--kill', 'many']);
  assert.deepEqual(
    { code, stderr },
    { code: 1, stderr: 'heartline: --kill takes a whole number from 0 up, not "many"\n' },
  );
});

function run(t: TestContext, args: readonly string[]): Promise<Outcome> {
  return runHeartline(args, { cwd: configFolder(t).path });
}
