/** Looks up the secrets that the wiring refers to. Each missing one is named together with the place where it can be had. */
import { readFile, stat } from 'node:fs/promises';
import { ConfigError, type ConfigFault } from './config-error.ts';
import type { SecretReference } from './schema.ts';
import type { ProviderWiring, Wiring } from './wiring.ts';

export interface Secrets {
  readonly linearApiKey: string;
  readonly githubToken: string;
  /** Null when the bot has one identity only. */
  readonly reviewerToken: string | null;
  /** By provider name; null where the provider needs none or no role uses it. */
  readonly providers: Readonly<Record<string, string | null>>;
  readonly webhookSecret: string | null;
  /** All of them, for the redactor. */
  readonly values: readonly string[];
}

/** `file` is the settings file's name, for the faults. */
export async function resolveSecrets(
  wiring: Wiring,
  env: Readonly<Record<string, string | undefined>>,
  file = 'heartline.yaml',
): Promise<Secrets> {
  const faults: ConfigFault[] = [];
  const values: string[] = [];
  const resolve = async (key: string, reference: SecretReference | null, where: string): Promise<string | null> => {
    if (reference === null) return null;
    const looked = await look(reference, env);
    if (looked.kind === 'found') {
      values.push(looked.value);
      return looked.value;
    }
    const expected =
      'env' in reference ? `a secret in the environment variable ${reference.env}` : `a secret in ${reference.file}`;
    faults.push({ file, line: null, key, expected, found: looked.found, hint: looked.hint ?? where });
    return null;
  };

  const linearApiKey = await resolve('linear.apiKey', wiring.linear.apiKey, WHERE.linear);
  const githubToken = await resolve('github.token', wiring.github.token, WHERE.github);
  const reviewerToken = await resolve('github.reviewer.token', wiring.github.reviewer?.token ?? null, WHERE.reviewer);
  const providers: Record<string, string | null> = {};
  for (const [name, provider] of Object.entries(wiring.providers)) {
    const reference = wiring.providersUsed.includes(name) ? provider.apiKey : null;
    providers[name] = await resolve(`providers.${name}.apiKey`, reference, whereForProvider(provider));
  }
  const webhookSecret = await resolve('reports.webhook.secret', wiring.webhook?.secret ?? null, WHERE.webhook);

  if (linearApiKey === null || githubToken === null || faults.length > 0) throw new ConfigError(faults);
  return Object.freeze({ linearApiKey, githubToken, reviewerToken, providers, webhookSecret, values });
}

/**
 * What a fine-grained token has to allow, wherever somebody is told to make or to mend one. Having a failed job run again
 * is a write to Actions.
 */
export const GITHUB_TOKEN_RIGHTS =
  'contents, pull requests, commit statuses and actions with write, checks (where GitHub offers them) with read';

const WHERE = {
  linear: 'Make one in Linear under Settings > Security & access > Personal API keys.',
  github: `Make a fine-grained token at https://github.com/settings/personal-access-tokens for the repositories named here: ${GITHUB_TOKEN_RIGHTS}.`,
  reviewer:
    'Make it as the second GitHub account: a fine-grained token with pull requests write. Or leave out github.reviewer.',
  webhook: 'Make one up, for example with `openssl rand -hex 32`, and give the same to the receiver.',
  anthropic: 'Make one in the Anthropic console: https://console.anthropic.com/settings/keys.',
  openai: 'Make one on the OpenAI platform: https://platform.openai.com/api-keys.',
};

function whereForProvider({ kind, baseUrl }: ProviderWiring): string {
  if (kind === 'anthropic') return WHERE.anthropic;
  const { hostname } = new URL(baseUrl);
  return hostname === 'api.openai.com' ? WHERE.openai : `Ask whoever runs ${hostname} for a key, or leave out apiKey.`;
}

type Looked =
  | { readonly kind: 'found'; readonly value: string }
  | { readonly kind: 'missing'; readonly found: string; readonly hint: string | null };

async function look(reference: SecretReference, env: Readonly<Record<string, string | undefined>>): Promise<Looked> {
  return 'env' in reference ? judge(env[reference.env]) : lookInFile(reference.file);
}

async function lookInFile(path: string): Promise<Looked> {
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0) {
      const found = `a file others may read (mode ${(mode & 0o777).toString(8).padStart(4, '0')})`;
      return { kind: 'missing', found, hint: `Run: chmod 600 '${path.replaceAll("'", String.raw`'\''`)}'` };
    }
    return judge(await readFile(path, 'utf8'));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    return {
      kind: 'missing',
      found: code === 'ENOENT' ? 'no such file' : `a file that cannot be read (${code})`,
      hint: null,
    };
  }
}

/** A header cannot carry blanks or line breaks, so such a value was cut or pasted wrongly. */
function judge(raw: string | undefined): Looked {
  const value = raw?.trim() ?? '';
  if (value === '') return { kind: 'missing', found: raw === undefined ? 'nothing' : 'an empty value', hint: null };
  if (!/^[\x21-\x7e]+$/.test(value))
    return { kind: 'missing', found: 'a value with blanks or unusual characters', hint: null };
  return { kind: 'found', value };
}
