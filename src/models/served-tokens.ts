/**
 * How long a context a server itself says it serves. Each kind of server tells it at a place of its own; one that tells
 * nowhere, or does not answer, is taken at the operator's word, and its answers are watched instead.
 */
import type { Provider } from './protocol.ts';

const LOOK_MS_MAX = 5_000;
const BYTES_MAX = 4 * 1024 * 1024;
const OPENAI = 'https://api.openai.com/v1';
const ANTHROPIC = 'https://api.anthropic.com';

/** Null where it does not say. Never throws. */
export async function servedTokens(provider: Provider, modelName: string): Promise<number | null> {
  const ask = asker(provider);
  if (provider.kind === 'anthropic') {
    const base = provider.baseUrl ?? ANTHROPIC;
    return positive(objectOf(await ask(`${base}/v1/models/${encodeURIComponent(modelName)}`)).max_input_tokens);
  }
  const base = provider.baseUrl ?? OPENAI;
  // It lists its models without their contexts.
  if (new URL(base).hostname === new URL(OPENAI).hostname) return null;
  const listed = await ask(`${base}/models`);
  const told = inList(listed, modelName);
  if (told !== null) return told;
  const root = base.replace(/\/v1\/?$/, '');
  switch (ownerIn(listed, modelName)) {
    case 'llamacpp':
      return inProps(await ask(`${root}/props`));
    case 'library':
      return await inOllama(ask, root, modelName);
    default:
      return null;
  }
}

type Ask = (url: string, body?: object) => Promise<unknown>;

/** An answer's JSON; null for whatever is none. */
function asker({ kind, apiKey }: Provider): Ask {
  const anthropic = { 'x-api-key': apiKey ?? 'none', 'anthropic-version': '2023-06-01' };
  const headers: Record<string, string> =
    kind === 'anthropic' ? anthropic : apiKey === null ? {} : { authorization: `Bearer ${apiKey}` };
  return async (url, body) => {
    try {
      const response = await fetch(url, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        redirect: 'error',
        signal: AbortSignal.timeout(LOOK_MS_MAX),
      });
      const chunks: Uint8Array[] = [];
      let bytes = 0;
      for await (const chunk of response.body ?? []) {
        bytes += chunk.length;
        if (bytes > BYTES_MAX) return null;
        chunks.push(chunk);
      }
      return response.ok ? JSON.parse(Buffer.concat(chunks).toString('utf8')) : null;
    } catch {
      return null;
    }
  };
}

/** vLLM and SGLang; then how hosted services call it. What is loaded counts before what could be. */
const KEYS = ['max_model_len', 'loaded_context_length', 'context_length', 'context_window', 'max_context_length'];

function inList(listed: unknown, modelName: string): number | null {
  const entry = entryOf(listed, modelName);
  for (const key of KEYS) {
    const tokens = positive(entry[key]);
    if (tokens !== null) return tokens;
  }
  return null;
}

/** llama.cpp and Ollama sign their lists; llama.cpp serves its one model under any name. */
function ownerIn(listed: unknown, modelName: string): unknown {
  const { data } = objectOf(listed);
  const first = Array.isArray(data) ? objectOf(data[0]) : {};
  return entryOf(listed, modelName).owned_by ?? (first.owned_by === 'llamacpp' ? 'llamacpp' : null);
}

function entryOf(listed: unknown, modelName: string): Readonly<Record<string, unknown>> {
  const { data } = objectOf(listed);
  return Array.isArray(data) ? objectOf(data.find((entry: unknown) => objectOf(entry).id === modelName)) : {};
}

function inProps(props: unknown): number | null {
  return positive(objectOf(objectOf(props).default_generation_settings).n_ctx);
}

/** A loaded model knows what it was loaded with; else its file may name it; the length it was trained for is the most. */
async function inOllama(ask: Ask, root: string, modelName: string): Promise<number | null> {
  const [running, shown] = await Promise.all([
    ask(`${root}/api/ps`).then(objectOf),
    ask(`${root}/api/show`, { model: modelName }).then(objectOf),
  ]);
  const loaded = Array.isArray(running.models)
    ? running.models.map(objectOf).find(({ name }) => name === modelName || name === `${modelName}:latest`)
    : undefined;
  const named = /^num_ctx\s+(\d+)$/m.exec(String(shown.parameters ?? ''))?.[1];
  const trained = Object.entries(objectOf(shown.model_info)).find(([key]) => key.endsWith('.context_length'))?.[1];
  return positive(loaded?.context_length) ?? positive(Number(named)) ?? positive(trained);
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function positive(value: unknown): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : null;
}
