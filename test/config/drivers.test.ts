/** Which agents of others a role may be given to, and what is said where that cannot work. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultLine } from '../../src/config/fault-line.ts';
import { configFolder, SETTINGS } from './config-folder.ts';

const withDriver = (driver: string, more = '') =>
  SETTINGS.replace('review: { chain: [other/critic] }', `review: { chain: [other/critic], driver: ${driver} }`) + more;

test('two are known without being configured; any that speaks ACP can be added; all else is our own loop', async (t) => {
  const folder = configFolder(t);
  folder.write('heartline.yaml', withDriver('claude'));
  const { settings } = await folder.load();
  assert.equal(settings.roles.review?.driver, 'claude');
  assert.equal(settings.roles.dev?.driver, 'api');
  assert.deepEqual(Object.keys(settings.drivers ?? {}), ['claude', 'codex']);
  folder.write(
    'heartline.yaml',
    withDriver('mine', 'drivers: { mine: { kind: acp, command: opencode, args: [acp] } }\n'),
  );
  const mine = (await folder.load()).settings.drivers?.mine;
  assert.deepEqual(mine, { kind: 'acp', command: 'opencode', args: ['acp'], environment: {} });
});

const cases = [
  {
    driver: 'claud',
    says: /roles\.review\.driver: expected a driver that exists: api, claude, codex; found "claud". Did you mean claude/,
  },
  {
    driver: 'codex',
    says: /roles\.review\.chain\[0\]: expected a model that codex can speak to \(responses\); found "other\/critic"/,
  },
];

for (const { driver, says } of cases) {
  test(`a role driven by ${driver} is refused`, async (t) => {
    const folder = configFolder(t);
    folder.write('heartline.yaml', withDriver(driver));
    const lines = (await folder.faults()).map(faultLine);
    assert.match(lines.join('\n'), says);
    assert.equal(lines.length, 1);
  });
}
