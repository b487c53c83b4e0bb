/** What every driver with walls owes against an evil agent: each way out that we know of is tried for real. */

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { OutsideError } from '../../src/domain/outside-error.ts';
import type { Isolation } from '../../src/heartbeat/ports.ts';
import { room, type Setup } from './isolation-for-test.ts';

const CANARY = 'canary-4711-do-not-leak';
process.env.GITHUB_TOKEN = CANARY;

export function contractOfWalls(setup: Setup): void {
  const { name, make, needs } = setup;
  const isolation = make();
  const newRoom = (one: Isolation) => room(one, setup.owner);
  const { folder, workspace, run, shell, remove } = newRoom(isolation);
  after(remove);
  const secret = join(folder, 'secret');
  writeFileSync(secret, CANARY, { mode: 0o600 });
  writeFileSync(join(workspace.mirror, 'object'), 'borrowed');

  test(`${name}: the probe passes where the room holds`, needs, async () => {
    assert.equal(await isolation.probe(), null);
  });

  test(`${name}: no secret is in sight: not in the environment, not in /proc, not in files`, needs, async () => {
    const script = `env; cat /proc/*/environ /proc/*/cmdline | tr '\\0' '\\n'; cat '${secret}'; cat "$HOME/.gitconfig" /root/.*rc;
    find / -xdev -name secret 2>/dev/null; ls -a /root /home /etc/shadow /run /var /sys '${folder}'`;
    const output = await shell(script, { outputBytesMax: 200_000 });
    assert.doesNotMatch(output, new RegExp(CANARY));
    assert.doesNotMatch(output, new RegExp(`^${secret}$`, 'm'));
  });

  test(`${name}: the environment is exactly the list`, needs, async () => {
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
    assert.deepEqual(names.sort(), [...git.map((name) => `GIT_${name}`), ...npm, ...others, ...setup.variables].sort());
  });

  test(`${name}: only the workspace takes writes; the tree too only when it is not a review`, needs, async () => {
    const places = ['/', '/usr', '/etc', '/opt', '/dev', '/home', '/run', workspace.mirror];
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

  test(
    `${name}: the kernel is out of reach: no capability, no new namespace, no mount, no write below /proc`,
    needs,
    async () => {
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
    },
  );

  test(`${name}: there is no network but its own loopback`, needs, async () => {
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
    const { output } = await run(['node', '-e', program]);
    server.close();
    const seen: unknown = JSON.parse(output);
    assert.deepEqual(seen, ['ECONNREFUSED', 'ENETUNREACH', 'ENETUNREACH', 'own', ['lo']]);
  });

  test(
    `${name}: a toolchain of the operator is shown read-only and on PATH; one that would show everything is refused`,
    needs,
    async () => {
      const tools = join(folder, 'my tools');
      mkdirSync(join(tools, 'bin'), { recursive: true });
      writeFileSync(join(tools, 'bin', 'hello-tool'), '#!/bin/sh\necho hello\n', { mode: 0o755 });
      const equipped = newRoom(make({ toolchains: [tools] }));
      assert.equal(
        await equipped.shell(`hello-tool; (: >'${tools}/x') 2>/dev/null || echo read-only`),
        'hello\nread-only',
      );
      await equipped.remove();
      symlinkSync('/', join(folder, 'all'));
      for (const wide of ['/', join(folder, 'all'), process.env.HOME ?? '/root', 'relative', join(folder, 'absent')]) {
        assert.throws(() => make({ toolchains: [wide] }), /toolchains: /);
      }
    },
  );

  test(`${name}: planted hooks and fsmonitor run only inside, and the host sees none of it`, needs, async () => {
    await shell(`git init -q . && mkdir -p .git/hooks && printf '#!/bin/sh\\ntouch "${folder}/tripped" /tmp/tripped\\n' >.git/hooks/pre-commit
    chmod +x .git/hooks/pre-commit; git config core.fsmonitor .git/hooks/pre-commit; git add . ; git commit -q --allow-empty -m x`);
    assert.equal(existsSync(join(folder, 'tripped')), false);
  });

  test(`${name}: a single file has a bound, and so have the folders in memory`, needs, async () => {
    const small = make({ fileBytesMax: 100_000, memoryFolderBytesMax: 1_000_000 });
    const tight = newRoom(small);
    const output = await tight.shell(`head -c 500000 /dev/zero >big 2>/dev/null || echo file bound
    for n in 1 2 3 4 5 6 7 8 9 10 11 12; do head -c 99000 /dev/zero >/tmp/$n || { echo folder bound; break; }; done 2>/dev/null`);
    await tight.remove();
    if (existsSync('/usr/bin/prlimit')) assert.match(output, /file bound/);
    assert.match(output, /folder bound/);
  });

  test(`${name}: many files have a bound as well, and whoever is over it may still delete`, needs, async () => {
    const small = newRoom(make({ workspaceBytesMax: 32_000_000 }));
    // Many times the bound, and then it stays until it is found: how soon that is depends on the machine.
    const fill = 'for n in $(seq 320); do head -c 1000000 /dev/zero >$n; sleep 0.01; done; sleep 60; echo filled';
    const { exitCode, output } = await small.run(['/bin/sh', '-c', fill]);
    assert.equal(exitCode, null);
    assert.match(output, /^\[killed: this workspace holds \d+ MB and may hold 31 MB: delete what is not needed\]\n$/);
    assert.equal(await small.shell('rm -f [0-9]*; ls | wc -l; sleep 0.6; echo on'), '0\non');
    await small.remove();
  });

  test(`${name}: nothing runs when the workspace is not whole`, needs, async () => {
    const gone = { ...workspace, out: join(folder, 'absent') };
    await assert.rejects(
      run(['true'], { workspace: gone }),
      (error) => error instanceof OutsideError && error.kind === 'missing',
    );
    await assert.rejects(run([]), (error) => error instanceof OutsideError && error.kind === 'invalid');
  });

  test(
    `${name}: what a project names is there: its environment, its prepared folders read-only, its tools`,
    needs,
    async () => {
      const prepared = join(folder, 'prepared');
      mkdirSync(join(prepared, 'bin'), { recursive: true });
      writeFileSync(join(prepared, 'bin', 'built'), '#!/bin/sh\necho built\n', { mode: 0o755 });
      const target = join(workspace.tree, 'node_modules');
      const output = await shell(
        'echo "$FLAVOUR"; built; node_modules/bin/built; (: >node_modules/x) 2>/dev/null || echo read-only',
        {
          environment: { FLAVOUR: 'plain' },
          shown: [{ source: prepared, target }],
          toolchains: [prepared],
        },
      );
      assert.equal(output, 'plain\nbuilt\nbuilt\nread-only');
      assert.deepEqual(readdirSync(target), []);
    },
  );

  test(
    `${name}: a command with network reaches the listed host through the proxy, and nothing else`,
    needs,
    async () => {
      const server = createServer((_request, response) => response.end('package'));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      const program = `
    const { request } = require('node:http');
    const { connect } = require('node:net');
    const proxy = new URL(process.env.http_proxy);
    const get = (url) => new Promise((resolve) => request({ host: proxy.hostname, port: proxy.port, path: url, headers: { host: 'x' } },
      async (r) => { let all = ''; for await (const part of r) all += part; resolve(r.statusCode + ' ' + all.slice(0, 7)); }).on('error', (e) => resolve(e.code)).end());
    const direct = (port) => new Promise((resolve) => connect(port, '127.0.0.1').on('error', (e) => resolve(e.code)).on('connect', () => resolve('open')));
    (async () => console.log(JSON.stringify([
      await get('http://127.0.0.1:${port}/x'), await get('http://127.0.0.1:${port + 1}/x'), await get('http://169.254.169.254/x'), await direct(${port}),
    ])))();`;
      const registries = [{ host: `127.0.0.1:${port}`, private: true }];
      const online = await run(['node', '-e', program], { network: { kind: 'registries', registries } });
      const exit = await run(['sh', '-c', 'exit 9'], { network: { kind: 'registries', registries } });
      server.close();
      assert.deepEqual(JSON.parse(online.output), ['200 package', '403 Heartli', '403 Heartli', 'ECONNREFUSED']);
      assert.equal(exit.exitCode, 9);
    },
  );

  test(`${name}: memory and the number of processes have a bound`, needs, async (context) => {
    const bounded = make({ memoryBytesMax: 128 * 1024 * 1024, processesMax: 40 });
    if (setup.limits === 'none-here') return context.skip('this machine gives no cgroup to write to');
    const tight = newRoom(bounded);
    const hog = await tight.run(['node', '-e', 'const all = []; for (;;) all.push(Buffer.alloc(8_000_000, 1));']);
    assert.equal(hog.exitCode, 137, hog.output);
    const forks = await tight.shell('i=0; while [ $i -lt 200 ]; do sleep 5 & i=$((i+1)); done 2>&1; echo "started $i"');
    assert.match(forks, /[Cc]annot fork|can't fork|Resource temporarily unavailable/);
    assert.equal(await tight.shell('echo still works'), 'still works');
    await tight.remove();
  });

  test(
    `${name}: commands of one workspace run beside each other, and one that is stopped takes none along`,
    needs,
    async () => {
      const stop = new AbortController();
      const [one, two] = [run(['sh', '-c', 'sleep 1; echo done']), run(['sleep', '60'], { signal: stop.signal })];
      await shell('true');
      stop.abort();
      assert.equal((await two).exitCode, null);
      assert.equal((await one).output, 'done\n');
    },
  );
}
