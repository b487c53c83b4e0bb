/** Lays a Messages request out as the provider's cache sees it: tools, then system, then messages, block by block. */
import { isObject, type Json, without } from '../../json.ts';
import { FIVE_MINUTES_MS, ONE_HOUR_MS, type PromptBlock } from '../prompt-cache.ts';
import { Refusal } from '../refusal.ts';
import { contentOf, markerLife, type WireMessage } from './message-content.ts';

const MARKERS_MAX = 4;

export function toolBlocks(tools: unknown): readonly PromptBlock[] {
  return Array.isArray(tools) ? tools.filter(isObject).map((tool) => promptBlock('tool', tool)) : [];
}

export function systemBlocks(system: unknown): readonly PromptBlock[] {
  if (system === undefined) return [];
  return contentOf(system, 'system', ['text']).map((block) => promptBlock('system', block.json));
}

/** The whole prompt. `variant` stands for settings that only the messages' cached state depends on. */
export function messageBlocks(
  fixed: readonly PromptBlock[],
  messages: readonly WireMessage[],
  variant: string,
  automaticMarker: unknown,
): readonly PromptBlock[] {
  const rest = messages.flatMap((message) => message.content.map((block) => promptBlock(message.role, block.json)));
  const first = rest[0];
  const varied =
    first === undefined ? [] : [{ ...first, text: `${variant === '[null,null]' ? '' : variant}${first.text}` }];
  const blocks = [...fixed, ...varied, ...rest.slice(1)];
  const explicit = blocks.filter((block) => block.markerLifeMs !== null).length;
  const automatic = lifeMs(markerLife(automaticMarker, 'top level'));
  const count = explicit + (automatic === null ? 0 : 1);
  if (count > MARKERS_MAX) {
    throw new Refusal(400, `A maximum of ${MARKERS_MAX} blocks with cache_control may be provided. Found ${count}.`);
  }
  checkLives(blocks);
  const last = blocks.at(-1);
  if (automatic === null || last === undefined || last.markerLifeMs !== null) return blocks;
  return [...blocks.slice(0, -1), { ...last, markerLifeMs: automatic }];
}

function promptBlock(place: string, json: Json): PromptBlock {
  return {
    text: `${place} ${JSON.stringify(without(json, 'cache_control'))}`,
    markerLifeMs: lifeMs(markerLife(json.cache_control, place)),
  };
}

function lifeMs(ttl: '5m' | '1h' | null): number | null {
  if (ttl === null) return null;
  return ttl === '1h' ? ONE_HOUR_MS : FIVE_MINUTES_MS;
}

function checkLives(blocks: readonly PromptBlock[]): void {
  const firstShort = blocks.findIndex((block) => block.markerLifeMs === FIVE_MINUTES_MS);
  const lastLong = blocks.findLastIndex((block) => block.markerLifeMs === ONE_HOUR_MS);
  if (firstShort !== -1 && firstShort < lastLong) {
    throw new Refusal(
      400,
      "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. " +
        'Note that blocks are processed in the following order: `tools`, `system`, `messages`.',
    );
  }
}
