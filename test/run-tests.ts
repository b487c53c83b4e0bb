// `npm test`: format and lint, types, every test file, and at the end what this machine lacks with the line that installs it.
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'heartline-tests-'));
const needsFile = join(folder, 'needs.jsonl');

/** Tests start servers and real git; what the machine's owner has configured must not reach them. */
const env = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(https?|all|no)_proxy$|^GIT_|^NODE_OPTIONS$/i.test(name)),
  ),
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  HEARTLINE_NEEDS_FILE: needsFile,
};

function step(name: string, program: string, args: readonly string[]): boolean {
  process.stdout.write(`\n== ${name}\n`);
  const { status } = spawnSync(program, args, { cwd: root, stdio: 'inherit', env });
  return status === 0;
}

/** A failed test that leaves something running must not hold up all others for ever. */
const FILE_MS_MAX = 15 * 60_000;

const only = process.argv.slice(2);
const files = (only.length > 0 ? only : globSync('test/**/*.test.ts', { cwd: root })).toSorted();
const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');
const tsc = join(root, 'node_modules/typescript/bin/tsc');

const results = [
  ...(only.length > 0
    ? []
    : [step('format and lint', process.execPath, [biome, 'check']), step('types', process.execPath, [tsc, '-p', '.'])]),
  step(`${files.length} test files`, process.execPath, [
    '--test',
    '--test-concurrency=2',
    `--test-timeout=${FILE_MS_MAX}`,
    ...files,
  ]),
];

interface Need {
  readonly name: string;
  readonly install: string;
}
const needs = new Map(
  lines(needsFile)
    .map((line) => JSON.parse(line) as Need)
    .map((need) => [need.name, need.install]),
);
if (needs.size > 0) {
  process.stdout.write('\nNot everything could be tried on this machine. It lacks:\n');
  for (const [name, install] of needs) process.stdout.write(`  ${name}: ${install}\n`);
}
rmSync(folder, { recursive: true, force: true });
process.exitCode = results.every(Boolean) ? 0 : 1;

function lines(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  } catch {
    return [];
  }
}
