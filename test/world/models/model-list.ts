/** The `GET /v1/models` answers of both families. */
import type Anthropic from '@anthropic-ai/sdk';
import type OpenAI from 'openai';

/** Names the client libraries know; a world may bring its own list instead. */
export const usualModels: readonly string[] = [
  'claude-opus-5-5',
  'claude-sonnet-5-5',
  'claude-haiku-5-5',
  'gpt-5.5',
  'gpt-5.4',
  'gpt-5.4-mini',
];

const CREATED = '2026-04-01T00:00:00Z';

export function anthropicModel(id: string): Anthropic.ModelInfo {
  return {
    type: 'model',
    id,
    display_name: id,
    created_at: CREATED,
    capabilities: null,
    deprecated_at: null,
    lifecycle: 'active',
    line: null,
    max_input_tokens: 200_000,
    max_tokens: 64_000,
    retires_at: null,
  };
}

export function anthropicModels(ids: readonly string[]): unknown {
  return { data: ids.map(anthropicModel), has_more: false, first_id: ids[0] ?? null, last_id: ids.at(-1) ?? null };
}

export function openaiModel(id: string): OpenAI.Model {
  return { id, object: 'model', created: Date.parse(CREATED) / 1000, owned_by: 'system' };
}

export function openaiModels(ids: readonly string[]): unknown {
  return { object: 'list', data: ids.map(openaiModel) };
}
