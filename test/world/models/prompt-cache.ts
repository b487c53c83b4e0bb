/**
 * The provider's prompt cache: how many input tokens of a call were read from it, written to it, or paid in full.
 * Anthropic caches up to explicit markers; OpenAI caches every long enough prefix by itself.
 */
import { digest } from './conversation.ts';
import { countTokens } from './count-tokens.ts';

/** One piece of the prompt in the order the provider reads it: tools, system, messages. */
export interface PromptBlock {
  /** The exact bytes that must match, without the cache marker. */
  readonly text: string;
  /** How long a prefix that ends here is kept when a marker stands here, else null. */
  readonly markerLifeMs: number | null;
}

/** Disjoint parts: their sum is the whole prompt. */
export interface CacheUsage {
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWrite5mTokens: number;
  readonly cacheWrite1hTokens: number;
}

export interface CachedCall {
  /** Caches are never shared across scopes: key, model, and what else the provider keeps apart. */
  readonly scope: string;
  readonly blocks: readonly PromptBlock[];
  readonly now: number;
  /** True when the provider has just lost what it had cached; what this call writes is kept all the same. */
  readonly cold: boolean;
}

export const FIVE_MINUTES_MS = 5 * 60_000;
export const ONE_HOUR_MS = 60 * 60_000;
/** A marker finds an older entry only within this many blocks, its own included. */
const LOOK_BACK_BLOCKS = 20;
const AUTOMATIC_MINIMUM_TOKENS = 1024;
const AUTOMATIC_STEP_TOKENS = 128;
const AUTOMATIC_LIFE_MS = 10 * 60_000;

export class PromptCache {
  readonly #minimumTokens: number;
  readonly #entries = new Map<string, { expiresAt: number; lifeMs: number }>();

  constructor(minimumTokens: number) {
    this.#minimumTokens = minimumTokens;
  }

  /** Anthropic: reads the longest marked prefix seen before, writes up to the last marker. */
  useMarkers(call: CachedCall): CacheUsage {
    const prefixes = prefixesOf(call.scope, call.blocks);
    const total = prefixes.at(-1)?.tokens ?? 0;
    const marked = prefixes.filter((prefix) => prefix.lifeMs !== null && prefix.tokens >= this.#minimumTokens);
    const hit = call.cold ? undefined : this.#longestHit(prefixes, marked, call.now);
    if (hit !== undefined) this.#touch(hit.digest, call.now);
    let reached = hit?.tokens ?? 0;
    let write5m = 0;
    let write1h = 0;
    for (const prefix of marked) {
      if (prefix.tokens <= reached || prefix.lifeMs === null) continue;
      if (prefix.lifeMs === ONE_HOUR_MS) write1h += prefix.tokens - reached;
      else write5m += prefix.tokens - reached;
      reached = prefix.tokens;
      this.#entries.set(prefix.digest, { expiresAt: call.now + prefix.lifeMs, lifeMs: prefix.lifeMs });
    }
    return {
      inputTokens: total - reached,
      cacheReadTokens: hit?.tokens ?? 0,
      cacheWrite5mTokens: write5m,
      cacheWrite1hTokens: write1h,
    };
  }

  /** OpenAI: reads the longest prefix seen before, in steps of 128 tokens from 1,024 up; writing costs nothing. */
  useAutomatically(call: CachedCall): CacheUsage {
    const prefixes = prefixesOf(call.scope, call.blocks);
    const total = prefixes.at(-1)?.tokens ?? 0;
    const hit = call.cold ? undefined : prefixes.findLast((prefix) => this.#alive(prefix.digest, call.now));
    for (const prefix of prefixes) {
      this.#entries.set(prefix.digest, { expiresAt: call.now + AUTOMATIC_LIFE_MS, lifeMs: AUTOMATIC_LIFE_MS });
    }
    const whole = Math.floor((hit?.tokens ?? 0) / AUTOMATIC_STEP_TOKENS) * AUTOMATIC_STEP_TOKENS;
    const read = whole >= AUTOMATIC_MINIMUM_TOKENS ? whole : 0;
    return { inputTokens: total - read, cacheReadTokens: read, cacheWrite5mTokens: 0, cacheWrite1hTokens: 0 };
  }

  #longestHit(prefixes: readonly Prefix[], marked: readonly Prefix[], now: number): Prefix | undefined {
    for (const marker of marked.toReversed()) {
      const reach = prefixes.slice(Math.max(0, marker.index - LOOK_BACK_BLOCKS + 1), marker.index + 1);
      const hit = reach.findLast((prefix) => this.#alive(prefix.digest, now));
      if (hit !== undefined) return hit;
    }
    return undefined;
  }

  #alive(name: string, now: number): boolean {
    const entry = this.#entries.get(name);
    return entry !== undefined && entry.expiresAt > now;
  }

  #touch(name: string, now: number): void {
    const entry = this.#entries.get(name);
    if (entry !== undefined) entry.expiresAt = now + entry.lifeMs;
  }
}

/** How much of a prompt was sent before, whoever paid for it: the proof that a history is append-only. */
export class RepeatMeter {
  readonly #seen = new Set<string>();

  measure(scope: string, blocks: readonly PromptBlock[]): { digest: string; tokens: number; repeatedTokens: number } {
    const prefixes = prefixesOf(scope, blocks);
    const repeated = prefixes.findLast((prefix) => this.#seen.has(prefix.digest));
    for (const prefix of prefixes) this.#seen.add(prefix.digest);
    const last = prefixes.at(-1);
    return { digest: last?.digest ?? '', tokens: last?.tokens ?? 0, repeatedTokens: repeated?.tokens ?? 0 };
  }
}

interface Prefix {
  readonly index: number;
  readonly digest: string;
  readonly tokens: number;
  readonly lifeMs: number | null;
}

function prefixesOf(scope: string, blocks: readonly PromptBlock[]): readonly Prefix[] {
  const prefixes: Prefix[] = [];
  let chain = scope;
  let tokens = 0;
  for (const [index, block] of blocks.entries()) {
    chain = digest(`${chain}\n${block.text}`);
    tokens += countTokens(block.text);
    prefixes.push({ index, digest: chain, tokens, lifeMs: block.markerLifeMs });
  }
  return prefixes;
}
