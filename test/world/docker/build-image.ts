// An image without pulling one: busybox for the small programs, bash, git and the node that runs the tests,
// each with the libraries this machine gives it.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, existsSync, mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { dirname, join } from 'node:path';
import { findProgram } from '../../../src/isolation/toolchain.ts';

const PROGRAMS = ['bash', 'git', 'busybox'];

/** Packs the image's files and hands them to the engine, which makes an image of one layer. */
export async function buildImage(socket: string, name: string, folder: string): Promise<void> {
  const root = join(folder, 'image');
  for (const path of ['usr/bin', 'usr/lib', 'etc', 'tmp', 'run', 'proc', 'sys', 'dev', 'home/agent', 'opt/node/bin']) {
    mkdirSync(join(root, path), { recursive: true });
  }
  chmodSync(join(root, 'tmp'), 0o1777);
  for (const path of ['bin', 'sbin', 'lib', 'lib64'])
    symlinkSync(path.includes('bin') ? 'usr/bin' : 'usr/lib', join(root, path));
  symlinkSync('bin', join(root, 'usr/sbin'));
  symlinkSync('lib', join(root, 'usr/lib64'));
  for (const program of PROGRAMS) {
    const path = findProgram(program);
    if (path === null) throw new Error(`the image needs ${program}`);
    install(root, realpathSync(path), `usr/bin/${program}`);
  }
  const applets = execFileSync(join(root, 'usr/bin/busybox'), ['--list'], { encoding: 'utf8' }).trim().split('\n');
  for (const applet of applets) {
    if (!existsSync(join(root, 'usr/bin', applet))) symlinkSync('busybox', join(root, 'usr/bin', applet));
  }
  for (const name of ['git-upload-pack', 'git-receive-pack']) symlinkSync('git', join(root, 'usr/bin', name));
  install(root, realpathSync(process.execPath), 'usr/bin/node');
  writeFileSync(
    join(root, 'etc/passwd'),
    'root:x:0:0:root:/root:/bin/sh\nagent:x:1000:1000:agent:/home/agent:/bin/sh\n',
  );
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nagent:x:1000:\n');
  await importImage(socket, name, root);
  rmSync(root, { recursive: true });
}

function install(root: string, program: string, target: string): void {
  cpSync(program, join(root, target));
  for (const library of librariesOf(program)) {
    // Where the loader looks for it by itself: the loader by its full path, the rest in one folder.
    const place = join(
      root,
      library.includes('/ld-') ? library.replace(/^\/usr/, '') : `/usr/lib/${library.split('/').at(-1)}`,
    );
    if (existsSync(place)) continue;
    mkdirSync(dirname(place), { recursive: true });
    cpSync(realpathSync(library), place);
  }
}

/** Shared libraries of a program; none for one that is linked statically. */
function librariesOf(program: string): readonly string[] {
  try {
    const listed = execFileSync('ldd', [program], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return [...listed.matchAll(/(\/\S+) \(0x/g)].flatMap(([, path]) => (path === undefined ? [] : [path]));
  } catch {
    return [];
  }
}

async function importImage(socket: string, name: string, root: string): Promise<void> {
  const tar = spawn('tar', ['-C', root, '--numeric-owner', '--owner=0', '--group=0', '-c', '.'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const sent = request({
    socketPath: socket,
    method: 'POST',
    path: `/images/create?fromSrc=-&repo=${encodeURIComponent(name)}&tag=latest`,
    headers: { 'Content-Type': 'application/x-tar', 'Transfer-Encoding': 'chunked' },
    agent: false,
  });
  tar.stdout.pipe(sent);
  const [response] = await once(sent, 'response');
  let said = '';
  for await (const chunk of response) said += String(chunk);
  if (response.statusCode !== 200 || said.includes('"error"'))
    throw new Error(`the image was not taken: ${said.slice(-500)}`);
}
