#!/usr/bin/env node
// Starts Heartline on the Node it needs, which may be newer than the one that runs this file: hence plain JavaScript.
import { readFileSync } from 'node:fs';
import module from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NODE_MAJOR_MIN = 24;
const PLAIN_MODULES = /\/node_modules\/(kysely|zod|yaml)\/[^?]*\.js$|\/src\/[^?]*\.ts$/;
const FORMATS = { ts: 'module-typescript', yaml: 'commonjs' };
/** Fifty modules of words that nobody here reads. */
const ZOD_LOCALES = /\/node_modules\/zod\/.*\/locales\/index\.js$/;
/** With what a start and its first look need, and with what sessions need: what has not run by then is kept uncompiled. */
const COMPILED_KEPT_AFTER_MS = [2_500, 60_000];
const argv = process.argv.slice(2);

if (argv[0] === '--version' || argv[0] === '-V') {
  process.stdout.write(`${JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version}\n`);
} else if (Number.parseInt(process.versions.node, 10) >= NODE_MAJOR_MIN) {
  await runHere();
} else {
  await runOnOwnNode();
}

async function runHere() {
  // Not the shared temporary folder Node would take: whoever can write there could plant code.
  module.enableCompileCache(join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'heartline', 'compiled'));
  // Node writes it when the process ends by itself; a bot that is killed would start from nothing each time.
  for (const milliseconds of COMPILED_KEPT_AFTER_MS) setTimeout(() => module.flushCompileCache(), milliseconds).unref();
  module.registerHooks({ resolve: resolveWithoutLooking });
  if (process.channel) {
    // Started by runOnOwnNode: when that process is killed outright, stop as if it had been told to.
    process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
    process.channel.unref();
  }
  const { main } = await import('./cli/main.ts');
  process.exitCode = await main(argv);
}

/**
 * Start-up is mostly the loading of some six hundred small modules, and half of that is Node looking on disk what a
 * relative import might mean. In our own sources, and in packages that consist of modules of one kind, it means what it says.
 */
function resolveWithoutLooking(specifier, context, next) {
  const [plain, name] = PLAIN_MODULES.exec(context.parentURL ?? '') ?? [];
  if (!specifier.startsWith('.') || plain === undefined) return next(specifier, context);
  const { href } = new URL(specifier, context.parentURL);
  if (ZOD_LOCALES.test(href)) return { url: 'data:text/javascript,', format: 'module', shortCircuit: true };
  return { url: href, format: FORMATS[href.endsWith('.ts') ? 'ts' : name] ?? 'module', shortCircuit: true };
}

async function runOnOwnNode() {
  const { spawn } = await import('node:child_process');
  const node = ownNode();
  if (node === null) {
    fail('its own comes with npm ci, for Linux on x64 and arm64 only');
    return;
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...argv], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // On a terminal Ctrl-C reaches both processes by itself, and a second one would mean "at once".
    process.on(signal, () => (signal === 'SIGINT' && onTerminal() ? undefined : child.kill(signal)));
  }
  child.on('error', (error) => fail(`its own (${node}) cannot be started: ${error.message}`));
  child.on('exit', (code, signal) => {
    if (signal === null) {
      process.exitCode = code ?? 1;
    } else {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    }
  });
}

function ownNode() {
  try {
    const name = `node-${process.platform}-${process.arch}`;
    return join(dirname(module.createRequire(import.meta.url).resolve(`${name}/package.json`)), 'bin', 'node');
  } catch {
    return null;
  }
}

function onTerminal() {
  return Boolean(process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY);
}

function fail(reason) {
  console.error(
    `heartline needs Node ${NODE_MAJOR_MIN} or newer and runs on ${process.version}; ${reason}. Install Node ${NODE_MAJOR_MIN} and try again.`,
  );
  process.exitCode = 1;
}
