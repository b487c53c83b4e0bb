/** The room against an evil agent: each way out that we know of is tried for real, and what it should still be able to do. */

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { OutsideError } from '../../src/domain/outside-error.ts';
import { bwrapDriver } from '../../src/isolation/bwrap-driver.ts';
import { createIsolation } from '../../src/isolation/create-isolation.ts';
import { findToolchain } from '../../src/isolation/toolchain.ts';
import { BWRAP, room } from './isolation-for-test.ts';

const CANARY = 'canary-4711-do-not-leak';
process.env.GITHUB_TOKEN = CANARY;
const isolation = createIsolation({ driver: 'bwrap' });
const { folder, workspace, run, shell, remove } = room(isolation);
after(remove);
const secret = join(folder, 'secret');
writeFileSync(secret, CANARY, { mode: 0o600 });
writeFileSync(join(workspace.mirror, 'object'), 'borrowed');

test('the probe passes where the room holds', BWRAP, async () => {
  assert.equal(await isolation.probe(), null);
});

test('the probe names what is missing and the line that mends it', async () => {
  const limits = { processesMax: 64, fileBytesMax: 1_000_000, memoryFolderBytesMax: 1_000_000 };
  const toolchain = findToolchain([]);
  const absent = bwrapDriver({ program: null, toolchain, limits });
  assert.deepEqual(await absent.probe(), {
    missing: 'bubblewrap (bwrap) is not installed',
    fix: 'sudo apt-get install -y bubblewrap',
  });
  // A bwrap that makes no room (user namespaces off looks like this) runs nothing at all: it does not degrade.
  const broken = join(folder, 'bwrap');
  const script =
    '#!/bin/sh\n[ "$1" = --version ] && echo bubblewrap 0.9.0 && exit\necho "bwrap: no permission" >&2; exit 1\n';
  writeFileSync(broken, script, { mode: 0o755 });
  const refusing = bwrapDriver({ program: broken, toolchain, limits });
  const fault = await refusing.probe();
  assert.match(fault?.missing ?? '', /the room could not be made: bwrap: no permission/);
  assert.match(fault?.fix ?? '', /namespaces|userns/);
  writeFileSync(broken, '#!/bin/sh\necho bubblewrap 0.4.1\n', { mode: 0o755 });
  assert.match((await refusing.probe())?.missing ?? '', /0\.4\.1 is too old/);
});

test('no secret is in sight: not in the environment, not in /proc, not in files', BWRAP, async () => {
  const script = `env; cat /proc/*/environ /proc/*/cmdline | tr '\\0' '\\n'; cat '${secret}'; cat "$HOME/.gitconfig" /root/.*rc;
    find / -xdev -name secret 2>/dev/null; ls -a /root /home /etc/shadow /run /var /sys '${folder}'`;
  const output = await shell(script, { outputBytesMax: 200_000 });
  assert.doesNotMatch(output, new RegExp(CANARY));
  assert.doesNotMatch(output, new RegExp(`^${secret}$`, 'm'));
});

test('the environment is exactly the list', BWRAP, async () => {
  const names = (await shell('env')).split('\n').map((line) => line.split('=')[0]);
  const git = [
    'AUTHOR_EMAIL',
    'AUTHOR_NAME',
    'COMMITTER_EMAIL',
    'COMMITTER_NAME',
    'CONFIG_NOSYSTEM',
    'TERMINAL_PROMPT',
  ];
  const npm = ['audit', 'fund', 'update_notifier'].map((name) => `npm_config_${name}`);
  const others = ['HOME', 'LANG', 'PATH', 'PWD', 'TERM', 'TMPDIR', 'USER'];
  assert.deepEqual(names.sort(), [...git.map((name) => `GIT_${name}`), ...npm, ...others].sort());
});

test('only the workspace takes writes; the tree too only when it is not a review', BWRAP, async () => {
  const places = ['/', '/usr', '/etc', '/opt/node/bin', '/dev', '/home', workspace.mirror];
  const script = [...places, workspace.tree, workspace.out, '/tmp', '/home/agent', '/dev/shm']
    .map((place) => `(echo x >'${place}/written') 2>/dev/null && echo '${place}'`)
    .join('\n');
  const own = [workspace.out, '/tmp', '/home/agent', '/dev/shm'];
  assert.deepEqual((await shell(script)).split('\n'), [workspace.tree, ...own]);
  assert.deepEqual((await shell(script, { readOnly: true })).split('\n'), own);
  assert.equal(readFileSync(join(workspace.tree, 'written'), 'utf8'), 'x\n');
  assert.equal(await shell(`cat '${workspace.mirror}/object'`), 'borrowed');
  // What lies around the workspace can be written only in the room's own memory.
  await shell(`echo x >'${workspace.tree}/../planted'; rm -rf '${workspace.tree}'; echo x >'${folder}/planted'`);
  assert.deepEqual(
    [existsSync(join(workspace.tree, '../planted')), existsSync(join(folder, 'planted'))],
    [false, false],
  );
});

test('the kernel is out of reach: no capability, no new namespace, no mount, no write below /proc', BWRAP, async () => {
  const output = await shell(`
    grep -E '^(Cap(Eff|Prm|Bnd|Inh|Amb)|NoNewPrivs)' /proc/self/status
    unshare -Ur true 2>/dev/null && echo LEAK userns
    unshare -m true 2>/dev/null && echo LEAK mount namespace
    mount -t tmpfs x /tmp 2>/dev/null && echo LEAK mount
    mount -o remount,rw /proc 2>/dev/null && echo LEAK remount
    for file in $(find /proc -maxdepth 4 -type f -perm /200 -not -path '/proc/[0-9]*' 2>/dev/null); do
      (: >>"$file") 2>/dev/null && echo LEAK "$file"
    done
    chroot / true 2>/dev/null && echo LEAK chroot
    mknod /tmp/disk b 8 0 2>/dev/null && echo LEAK mknod
    kill -0 ${process.pid} 2>/dev/null && echo LEAK signal
    ls /proc | grep -E '^[0-9]+$' | grep -qx '${process.pid}' && echo LEAK process list
    true`);
  assert.doesNotMatch(output, /LEAK/);
  assert.equal(output.match(/:\t0000000000000000$/gm)?.length, 5);
  assert.match(output, /NoNewPrivs:\t1/);
});

test('there is no network but its own loopback', BWRAP, async () => {
  const server = createServer((_request, response) => response.end(CANARY));
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  const { port } = server.address() as AddressInfo;
  const program = `
    const tries = ['127.0.0.1:${port}', '10.0.0.1:80', '169.254.169.254:80'].map((host) =>
      fetch('http://' + host, { signal: AbortSignal.timeout(3000) }).then((r) => r.text()).catch((e) => e.cause?.code ?? e.name));
    const own = require('node:http').createServer((_q, r) => r.end('own')).listen(0, 'localhost', async () => {
      const mine = await fetch('http://localhost:' + own.address().port).then((r) => r.text());
      console.log(JSON.stringify([...(await Promise.all(tries)), mine, Object.keys(os.networkInterfaces())]));
      process.exit();
    });`;
  const seen: unknown = JSON.parse((await run(['node', '-e', program])).output);
  server.close();
  assert.deepEqual(seen, ['ECONNREFUSED', 'ENETUNREACH', 'ENETUNREACH', 'own', ['lo']]);
});

test('descriptors that the bot was started with do not reach a command', BWRAP, async () => {
  const module = new URL('../../src/isolation/create-isolation.ts', import.meta.url).href;
  const program = `
    import { createIsolation } from ${JSON.stringify(module)};
    for (const driver of ['bwrap', 'none']) {
      const result = await createIsolation({ driver }).exec({
        argv: ['sh', '-c', 'cat <&7; cat /proc/self/fd/7 /proc/self/fd/3; echo end'], readOnly: false,
        workspace: ${JSON.stringify(workspace)}, timeoutMs: 20000, outputBytesMax: 10000, signal: new AbortController().signal,
      });
      console.log(result.output);
    }`;
  const descriptor = openSync(secret, 'r');
  const stdio = ['ignore', 'pipe', 'inherit', 'ignore', 'ignore', 'ignore', 'ignore', descriptor] as const;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: [...stdio] });
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  await new Promise((resolve) => child.once('close', resolve));
  assert.equal(output.match(/^end$/gm)?.length, 2);
  assert.doesNotMatch(output, new RegExp(CANARY));
});

test('node, npm and git work inside, wherever they live outside', BWRAP, async () => {
  const output = await shell(
    'node --version; npm --version >/dev/null && echo npm; git init -q r && git -C r commit -q --allow-empty -m x && git -C r log --format=%an; id -un',
  );
  assert.equal(output, `${process.version}\nnpm\nHeartline\nagent`);
});

test(
  'a toolchain of the operator is shown read-only and on PATH; one that would show everything is refused',
  BWRAP,
  async () => {
    const tools = join(folder, 'my tools');
    mkdirSync(join(tools, 'bin'), { recursive: true });
    writeFileSync(join(tools, 'bin', 'hello-tool'), '#!/bin/sh\necho hello\n', { mode: 0o755 });
    const equipped = room(createIsolation({ driver: 'bwrap', toolchains: [tools] }));
    assert.equal(
      await equipped.shell(`hello-tool; (: >'${tools}/x') 2>/dev/null || echo read-only`),
      'hello\nread-only',
    );
    equipped.remove();
    symlinkSync('/', join(folder, 'all'));
    for (const wide of ['/', join(folder, 'all'), process.env.HOME ?? '/root', 'relative', join(folder, 'absent')]) {
      assert.throws(() => createIsolation({ driver: 'bwrap', toolchains: [wide] }), /toolchains: /);
    }
  },
);

test('planted hooks and fsmonitor run only inside, and the host sees none of it', BWRAP, async () => {
  await shell(`git init -q . && mkdir -p .git/hooks && printf '#!/bin/sh\\ntouch "${folder}/tripped" /tmp/tripped\\n' >.git/hooks/pre-commit
    chmod +x .git/hooks/pre-commit; git config core.fsmonitor .git/hooks/pre-commit; git add . ; git commit -q --allow-empty -m x`);
  assert.equal(existsSync(join(folder, 'tripped')), false);
});

test('a single file has a bound, and so have the folders in memory', BWRAP, async () => {
  const small = createIsolation({ driver: 'bwrap', fileBytesMax: 100_000, memoryFolderBytesMax: 1_000_000 });
  const tight = room(small);
  const output = await tight.shell(`head -c 500000 /dev/zero >big 2>/dev/null || echo file bound
    for n in 1 2 3 4 5 6 7 8 9 10 11 12; do head -c 99000 /dev/zero >/tmp/$n || { echo folder bound; break; }; done 2>/dev/null`);
  tight.remove();
  if (existsSync('/usr/bin/prlimit')) assert.match(output, /file bound/);
  assert.match(output, /folder bound/);
});

test('as an ordinary user the room holds as well', BWRAP, async (context) => {
  if (process.getuid?.() !== 0) return context.skip('this run is an ordinary user already');
  // The wrapper alone, from an unprivileged user: capabilities of root are not what makes it work.
  const output = execFileSync(
    'setpriv',
    ['--reuid=65534', '--regid=65534', '--clear-groups', 'bwrap', '--unshare-all', '--unshare-user', '--disable-userns']
      .concat(['--cap-drop', 'ALL', '--uid', '1000', '--ro-bind', '/usr', '/usr', '--symlink', 'usr/bin', '/bin'])
      .concat([
        '--symlink',
        'usr/lib',
        '/lib',
        '--symlink',
        'usr/lib64',
        '/lib64',
        '--proc',
        '/proc',
        '--remount-ro',
        '/proc',
      ])
      .concat(['--', 'id', '-u']),
    { cwd: '/', encoding: 'utf8' },
  );
  assert.equal(output.trim(), '1000');
});

test('nothing runs when the workspace is not whole', BWRAP, async () => {
  const gone = { ...workspace, out: join(folder, 'absent') };
  await assert.rejects(
    run(['true'], { workspace: gone }),
    (error) => error instanceof OutsideError && error.kind === 'missing',
  );
  await assert.rejects(run([]), (error) => error instanceof OutsideError && error.kind === 'invalid');
});
