/** Reads the price table (US dollars per million tokens, and each model's context) and finds a model in it. */
import { z } from 'zod';
import type { Price } from '../domain/transcript.ts';
import type { ConfigFault } from './config-error.ts';
import { parseStrict } from './parse-strict.ts';
import { readYaml } from './read-yaml.ts';

export interface Prices {
  /** The day the prices were looked up, YYYY-MM-DD. */
  readonly asOf: string;
  /** By `provider/model`; `provider/*` stands for every model of that provider. */
  readonly prices: Readonly<Record<string, Price>>;
  /** Tokens of prompt and answer together, where the table names them; keys as those of the prices. */
  readonly contexts: Readonly<Record<string, number>>;
}

/** The exact entry, else the provider's wildcard, else null: unknown means no. */
export function priceOf({ prices }: Prices, model: string): Price | null {
  return prices[model] ?? prices[`${model.slice(0, model.indexOf('/'))}/*`] ?? null;
}

export function contextOf({ contexts }: Prices, model: string): number {
  return contexts[model] ?? contexts[`${model.slice(0, model.indexOf('/'))}/*`] ?? CONTEXT_TOKENS;
}

/** What the large services serve at least. */
const CONTEXT_TOKENS = 200_000;

export function readPrices(
  text: string,
  file: string,
): { readonly value: Prices | null; readonly faults: readonly ConfigFault[] } {
  const yaml = readYaml(text, file);
  if (yaml.value === undefined) return { value: null, faults: yaml.faults };
  const parsed = parseStrict(pricesFile, yaml, file);
  const faults = [...yaml.faults, ...parsed.faults];
  if (parsed.value === null) return { value: null, faults };
  const prices = Object.entries(parsed.value.prices).map(([model, usd]): [string, Price] => [
    model,
    {
      inputMicroUsdPerMillion: Math.round(usd.input * 1e6),
      cacheReadMicroUsdPerMillion: Math.round(usd.cacheRead * 1e6),
      cacheWriteMicroUsdPerMillion: Math.round(usd.cacheWrite * 1e6),
      outputMicroUsdPerMillion: Math.round(usd.output * 1e6),
    },
  ]);
  const contexts = Object.entries(parsed.value.prices).flatMap(([model, { context }]) =>
    context === undefined ? [] : [[model, context] as const],
  );
  const value = { asOf: parsed.value.asOf, prices: Object.fromEntries(prices), contexts: Object.fromEntries(contexts) };
  return { value, faults };
}

const usdPerMillion = z.number().min(0).max(100_000);

const pricesFile = z.strictObject({
  asOf: z.iso.date('a day as YYYY-MM-DD'),
  prices: z.record(
    z.string().regex(/^[\w-]+\/([^\s*]+|\*)$/, 'provider/model, or provider/*'),
    z.strictObject({
      input: usdPerMillion,
      cacheRead: usdPerMillion,
      cacheWrite: usdPerMillion,
      output: usdPerMillion,
      context: z.int().min(2_048).max(100_000_000).optional(),
    }),
  ),
});
