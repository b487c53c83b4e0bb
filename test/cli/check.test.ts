/** `heartline check` as a child process: against a whole world, with half of it broken, and with nothing there at all. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { CheckLine } from '../../src/cli/check/check-line.ts';
import { takeStoreLock } from '../../src/store/store-lock.ts';
import { changed, configFolder, SETTINGS } from '../config/config-folder.ts';
import { BASE_BRANCH, CHECK, REPOSITORY, SECRETS, startWorld, type World } from '../world/start-world.ts';
import { runHeartline } from './run-heartline.ts';

test('a sound world is ok line by line, and the second look finds nothing that the first one left', async (t) => {
  const world = await quietWorld(t, { twoIdentities: true });
  const first = await checkJson(world);
  assert.deepEqual(
    { code: first.code, ok: first.ok, failed: subjects(first.lines, 'fail') },
    { code: 0, ok: true, failed: [] },
  );
  for (const subject of [
    'node',
    'git',
    'isolation',
    'key',
    'cart',
    'Ada',
    'token',
    'reviewer',
    REPOSITORY,
    'dev',
    'prompts',
  ]) {
    assert(
      first.lines.some((line) => line.subject === subject && line.status !== 'fail'),
      subject,
    );
  }
  assert.deepEqual(await checkJson(world), first);
  assert.equal(existsSync(join(world.dataDir, 'mirrors')), false, 'no mirror was made in the data folder');
  assert.equal(world.github.violations.length + world.linear.requests.filter(({ kind }) => kind === 'write').length, 0);
});

test('rules that can never be met are told with exit 1, and no secret is shown', async (t) => {
  const world = await quietWorld(t, { repository: { collaborators: { ada: 'admin', 'heartline-bot': 'admin' } } });
  await world.github.act.setProtection(REPOSITORY, BASE_BRANCH, 'ada', {
    requiredStatusChecks: { strict: true, checks: [{ context: CHECK, appSlug: 'github-actions' }] },
    requiredApprovingReviewCount: 1,
    requireConversationResolution: false,
    enforceAdmins: true,
  });
  const { code, stdout } = await runHeartline(['-c', world.config, 'check'], { cwd: world.root, env: world.env });
  assert.equal(code, 1);
  assert.match(
    stdout,
    /^-- {3}github acme\/cart: main asks for 1 approving review, and with one identity Heartline can NEVER/m,
  );
  assert.match(stdout, /\n\d+ ok, \d+ to know of, 1 to put right before heartline up\.\n$/);
  for (const secret of Object.values(SECRETS)) assert.equal(stdout.includes(secret), false);
});

test('one service that refuses does not stop the look at the others', async (t) => {
  const world = await quietWorld(t, {});
  const env = { ...world.env, LINEAR_API_KEY: 'lin_api_wrong', OPENAI_API_KEY: '' };
  const { code, ok, lines } = await checkJson({ ...world, env });
  assert.deepEqual({ code, ok }, { code: 1, ok: false });
  assert.deepEqual(subjects(lines, 'fail'), [
    'secrets providers.openai.apiKey',
    'secrets providers.compatible.apiKey',
    'linear key',
    'models review',
    'models devops',
  ]);
  assert(lines.some(({ area, subject, status }) => area === 'github' && subject === REPOSITORY && status === 'ok'));
});

test('wrong settings: every fault is a line, and the machine is looked at all the same', async (t) => {
  const folder = configFolder(t, changed(changed(SETTINGS, 'team: ENG', 'team: eng'), 'local/coder', 'lcal/coder'));
  const { code, stdout } = await runHeartline(['check'], { cwd: folder.path });
  assert.equal(code, 1);
  assert.match(
    stdout,
    /^-- {3}config heartline\.yaml:3: projects\[0\]\.team: expected a Linear team's key in capitals/m,
  );
  assert.match(stdout, /^-- {3}config heartline\.yaml:\d+: roles\.dev\.chain\[0\]: .*Did you mean local\/coder\?/m);
  assert.match(stdout, /^ok {3}machine node: /m);
  assert.match(stdout, /^ok {3}machine git: /m);
});

test('the data folder: not made when missing, refused when open to others, and the running bot is named', async (t) => {
  const folder = configFolder(t);
  const dataDir = join(folder.path, '.heartline');
  const look = async () => {
    const { stdout } = await runHeartline(['check'], { cwd: folder.path });
    return stdout.split('\n').filter((line) => line.includes('data folder'));
  };
  assert.deepEqual(await look(), [`ok   machine data folder: ${dataDir} will be made.`]);
  assert.equal(existsSync(dataDir), false);
  mkdirSync(dataDir, { mode: 0o700 });
  chmodSync(dataDir, 0o755);
  assert.deepEqual(await look(), [
    `--   machine data folder: other users can read ${dataDir}. Run: chmod 700 '${dataDir}'`,
  ]);
  chmodSync(dataDir, 0o700);
  const lock = takeStoreLock(join(dataDir, 'heartline.db'));
  assert.deepEqual(await look(), [
    `ok   machine data folder: ${dataDir} is private.`,
    `ok   machine data folder: a bot is running on it (process ${process.pid}).`,
  ]);
  lock.release();
  assert.deepEqual(await look(), [`ok   machine data folder: ${dataDir} is private.`]);
});

async function quietWorld(t: TestContext, options: Partial<Parameters<typeof startWorld>[0]>): Promise<World> {
  const root = mkdtempSync(join(tmpdir(), 'heartline check '));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const world = await startWorld({
    root,
    issues: [],
    files: { 'README.md': 'A cart.\n' },
    script: () => {
      throw new Error('check calls no model');
    },
    jobs: [],
    verify: [],
    isolation: 'none',
    ...options,
  });
  t.after(() => world.close());
  return world;
}

async function checkJson({ config, root, env }: Pick<World, 'config' | 'root' | 'env'>) {
  const { code, stdout } = await runHeartline(['-c', config, 'check', '--json'], { cwd: root, env });
  const { schema, ok, lines } = JSON.parse(stdout) as { schema: number; ok: boolean; lines: readonly CheckLine[] };
  assert.equal(schema, 1);
  return { code, ok, lines };
}

function subjects(lines: readonly CheckLine[], status: CheckLine['status']): readonly string[] {
  return lines.filter((line) => line.status === status).map(({ area, subject }) => `${area} ${subject}`);
}
