/** The secrets that are there, when some are not: a check goes on with those, where a start would be refused. */
import { ConfigError, type ConfigFault } from '../../config/config-error.ts';
import type { SecretReference } from '../../config/schema.ts';
import { resolveSecrets, type Secrets } from '../../config/secrets.ts';
import type { ProviderWiring, Wiring } from '../../config/wiring.ts';

export interface FoundSecrets {
  /** Where one is missing a value stands that opens nothing: ask `missing` first. */
  readonly secrets: Secrets;
  /** Keys of the settings whose secret is missing: `github.token`. */
  readonly missing: ReadonlySet<string>;
  readonly faults: readonly ConfigFault[];
}

type Environment = Readonly<Record<string, string | undefined>>;

const BLANK = { name: 'HEARTLINE_CHECK_BLANK', value: 'heartline-check-has-no-secret-here' } as const;

export async function lookUpSecrets(wiring: Wiring, env: Environment, file: string): Promise<FoundSecrets> {
  try {
    return { secrets: await resolveSecrets(wiring, env, file), missing: new Set(), faults: [] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const missing = new Set(error.faults.map((fault) => fault.key));
    const secrets = await resolveSecrets(withBlanks(wiring, missing), { ...env, [BLANK.name]: BLANK.value }, file);
    return { secrets, missing, faults: error.faults };
  }
}

/** The secrets that `heartline up` would look up: the key of each, and where its value is to be found. */
export function secretPlaces(wiring: Wiring): readonly { readonly key: string; readonly reference: SecretReference }[] {
  const { linear, github, providers, providersUsed, webhook } = wiring;
  const places: readonly (readonly [string, SecretReference | null | undefined])[] = [
    ['linear.apiKey', linear.apiKey],
    ['github.token', github.token],
    ['github.reviewer.token', github.reviewer?.token],
    ...Object.entries(providers)
      .filter(([name]) => providersUsed.includes(name))
      .map(([name, { apiKey }]) => [`providers.${name}.apiKey`, apiKey] as const),
    ['reports.webhook.secret', webhook?.secret],
  ];
  return places.flatMap(([key, reference]) => (reference ? [{ key, reference }] : []));
}

function withBlanks(wiring: Wiring, missing: ReadonlySet<string>): Wiring {
  const or = <T>(key: string, reference: T): T | { readonly env: string } =>
    missing.has(key) ? { env: BLANK.name } : reference;
  const { linear, github, providers, webhook } = wiring;
  return {
    ...wiring,
    linear: { ...linear, apiKey: or('linear.apiKey', linear.apiKey) },
    github: {
      ...github,
      token: or('github.token', github.token),
      reviewer: github.reviewer === null ? null : { token: or('github.reviewer.token', github.reviewer.token) },
    },
    providers: Object.fromEntries(
      Object.entries(providers).map(([name, provider]): [string, ProviderWiring] => {
        const key = `providers.${name}.apiKey`;
        return provider.kind === 'anthropic'
          ? [name, { ...provider, apiKey: or(key, provider.apiKey) }]
          : [name, { ...provider, apiKey: or(key, provider.apiKey) }];
      }),
    ),
    webhook: webhook === null ? null : { ...webhook, secret: or('reports.webhook.secret', webhook.secret) },
  };
}
