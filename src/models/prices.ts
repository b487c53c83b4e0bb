/** The price list: dollars per million tokens by `provider/model`, read from prices.yaml. */
import { z } from 'zod';
import type { Price } from '../domain/transcript.ts';

export interface PriceList {
  /** The day the prices were looked up. */
  readonly asOf: string;
  readonly prices: Readonly<Record<string, Price>>;
}

/** Reads the parsed YAML document; the thrown ZodError names every fault. */
export function readPrices(document: unknown): PriceList {
  const { asOf, prices } = fileSchema.parse(document);
  return { asOf, prices: Object.fromEntries(Object.entries(prices).map(([model, usd]) => [model, toPrice(usd)])) };
}

/** The exact entry, else the provider's wildcard, else null: an unknown price is never taken for free. */
export function priceOf(prices: PriceList['prices'], model: string): Price | null {
  const provider = model.slice(0, model.indexOf('/'));
  return prices[model] ?? prices[`${provider}/*`] ?? null;
}

const usd = z.number().min(0).max(10_000);
const priceSchema = z.strictObject({ input: usd, cacheRead: usd, cacheWrite: usd, output: usd });
const fileSchema = z.strictObject({
  asOf: z.iso.date(),
  prices: z.record(z.string().regex(/^[^/\s]+\/\S+$/, 'expected provider/model or provider/*'), priceSchema),
});

function toPrice(price: z.infer<typeof priceSchema>): Price {
  return {
    inputMicroUsdPerMillion: toMicroUsd(price.input),
    cacheReadMicroUsdPerMillion: toMicroUsd(price.cacheRead),
    cacheWriteMicroUsdPerMillion: toMicroUsd(price.cacheWrite),
    outputMicroUsdPerMillion: toMicroUsd(price.output),
  };
}

function toMicroUsd(dollars: number): number {
  return Math.round(dollars * 1_000_000);
}
