/** Secrets come by reference only: what is missing is named with the place to get it, what others may read is refused. */
import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { test } from 'node:test';
import { ConfigError } from '../../src/config/config-error.ts';
import { resolveSecrets } from '../../src/config/secrets.ts';
import { changed, configFolder, SETTINGS } from './config-folder.ts';

const ENV = { LINEAR_API_KEY: 'linear-canary-1', GITHUB_TOKEN: 'github-canary-2', ANTHROPIC_API_KEY: 'model-canary-3' };

test('all secrets in use are found; the redactor gets each of them', async (t) => {
  const folder = configFolder(
    t,
    `${SETTINGS}reports: { webhook: { url: https://chat.acme.test/in, secret: { file: hook.key } } }\n`,
  );
  folder.write('hook.key', 'hook-canary-4\n');
  const { wiring } = await folder.load();
  assert.deepEqual(await resolveSecrets(wiring, ENV), {
    linearApiKey: 'linear-canary-1',
    githubToken: 'github-canary-2',
    reviewerToken: null,
    providers: { local: null, other: 'model-canary-3' },
    webhookSecret: 'hook-canary-4',
    values: ['linear-canary-1', 'github-canary-2', 'model-canary-3', 'hook-canary-4'],
  });
});

test('every missing secret is named in one go, with where to get it', async (t) => {
  const settings = `${changed(SETTINGS, 'kind: openai, api: chat, baseUrl: http://127.0.0.1:9/v1', 'kind: openai, apiKey: { env: OPENAI_API_KEY }')}
github: { reviewer: { token: { file: gone.key } } }
reports: { webhook: { url: https://chat.acme.test/in, secret: { env: HOOK } } }
`;
  const { wiring } = await configFolder(t, settings).load();
  await assert.rejects(resolveSecrets(wiring, { HOOK: '', LINEAR_API_KEY: 'canary in two words' }), (error) => {
    assert(error instanceof ConfigError);
    assert.doesNotMatch(error.message, /canary/);
    for (const expected of [
      /linear\.apiKey: .*variable LINEAR_API_KEY; found a value with blanks.* Settings > Security & access > Personal API keys/,
      /github\.token: .*variable GITHUB_TOKEN; found nothing\. .*fine-grained.*contents, pull requests, commit statuses and actions with write/,
      /github\.reviewer\.token: .*gone\.key; found no such file\. .*second GitHub account/,
      /providers\.local\.apiKey: .*OPENAI_API_KEY; found nothing\. .*OpenAI platform/,
      /providers\.other\.apiKey: .*ANTHROPIC_API_KEY; found nothing\. .*Anthropic console/,
      /reports\.webhook\.secret: .*HOOK; found an empty value\. .*openssl rand/,
    ]) {
      assert.match(error.message, expected);
    }
    return error.faults.length === 6;
  });
});

test('a provider that no role uses needs no key', async (t) => {
  const { wiring } = await configFolder(t, changed(SETTINGS, 'other/critic', 'local/critic')).load();
  const secrets = await resolveSecrets(wiring, { LINEAR_API_KEY: 'linear-key', GITHUB_TOKEN: 'github-key' });
  assert.equal(secrets.providers.other, null);
});

test('a secret file that others may read is refused with the line that mends it', async (t) => {
  const folder = configFolder(t, `${SETTINGS}linear: { apiKey: { file: linear.key } }\n`);
  const key = folder.write('linear.key', 'linear-canary-1');
  const { wiring } = await folder.load();
  for (const mode of [0o644, 0o640, 0o604]) {
    chmodSync(key, mode);
    await assert.rejects(resolveSecrets(wiring, ENV), (error) => {
      assert(error instanceof ConfigError);
      assert.match(error.message, /found a file others may read \(mode 0[0-7]{3}\)\. Run: chmod 600 '/);
      return !error.message.includes('canary');
    });
  }
  chmodSync(key, 0o600);
  assert.equal((await resolveSecrets(wiring, ENV)).linearApiKey, 'linear-canary-1');
});
