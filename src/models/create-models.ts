/** The Models port: finds the provider of `provider/model`, makes one bounded call in its protocol, names what failed. */
import { OutsideError } from '../domain/outside-error.ts';
import type { Price } from '../domain/transcript.ts';
import type { ModelReply, ModelRequest, Models } from '../heartbeat/ports.ts';
import { callAnthropic } from './anthropic.ts';
import { callChat } from './openai-chat.ts';
import { callResponses } from './openai-responses.ts';
import { outsideFailure } from './outside-failure.ts';
import type { Protocol, Provider } from './protocol.ts';
import { servedTokens } from './served-tokens.ts';
import { startWatch } from './watch.ts';

export interface ModelsOptions {
  readonly providers: Readonly<Record<string, Omit<Provider, 'name'>>>;
  /** Null where the price table does not name the model: an unknown price is never taken for free. */
  readonly price: (model: string) => Price | null;
  readonly contextTokens: (model: string) => number;
  /** A stream that brings no byte for so long is given up. */
  readonly idleTimeoutMs: number;
  readonly totalTimeoutMs: number;
  readonly now: () => number;
}

export function createModels(options: ModelsOptions): Models {
  const resolve = (model: string): { provider: Provider; modelName: string } | null => {
    const slash = model.indexOf('/');
    const name = model.slice(0, Math.max(0, slash));
    const provider = Object.hasOwn(options.providers, name) ? options.providers[name] : undefined;
    const modelName = model.slice(slash + 1);
    return provider === undefined || modelName === '' ? null : { provider: { name, ...provider }, modelName };
  };
  const looks = new Map<string, { readonly at: number; readonly served: Promise<number | null> }>();
  return {
    price: options.price,
    contextTokens: options.contextTokens,
    servedTokens: (model) => {
      const known = looks.get(model);
      if (known !== undefined && options.now() - known.at < LOOK_KEPT_MS) return known.served;
      const resolved = resolve(model);
      if (resolved === null) return Promise.resolve(null);
      const served = servedTokens(resolved.provider, resolved.modelName);
      looks.set(model, { at: options.now(), served });
      return served;
    },
    trouble: (model) => {
      const resolved = resolve(model);
      if (resolved === null) return `no provider for ${model}: write provider/model and configure the provider`;
      const { provider } = resolved;
      if (provider.apiKey === null && provider.baseUrl === null) return `provider ${provider.name} has no API key`;
      if (options.price(model) === null) return `no price for ${model}: add it to prices.yaml`;
      return null;
    },
    call: async (request) => {
      const resolved = resolve(request.model);
      if (resolved === null) throw new OutsideError('missing', `call ${request.model}`, 'no such provider configured');
      return await callOnce(options, resolved, request);
    },
  };
}

/** A server may be started anew with another context; looking before every call would cost a round trip each. */
const LOOK_KEPT_MS = 5 * 60_000;

async function callOnce(
  options: ModelsOptions,
  resolved: { readonly provider: Provider; readonly modelName: string },
  request: ModelRequest,
): Promise<ModelReply> {
  const watch = startWatch({
    idleTimeoutMs: options.idleTimeoutMs,
    totalTimeoutMs: options.totalTimeoutMs,
    signal: request.signal,
    billable: () => request.onBillable?.(),
  });
  try {
    return await protocolOf(resolved.provider)({ ...resolved, request, watch });
  } catch (error) {
    throw outsideFailure(error, {
      attempted: `call ${request.model}`,
      passed: watch.passed(),
      cancelled: request.signal.aborted,
      now: options.now(),
    });
  } finally {
    watch.stop();
  }
}

function protocolOf(provider: Provider): Protocol {
  if (provider.kind === 'anthropic') return callAnthropic;
  return provider.api === 'chat' ? callChat : callResponses;
}
