// The whole bench of oracles at once, for stories: how it ended must be lawful in every respect, not only in the story's own.
import assert from 'node:assert/strict';
import { outsideOf } from '../demo/outside-of.ts';
import type { World } from '../world/start-world.ts';
import { judge, type OracleName } from './judge.ts';

/** `aside`: what the story breaks on purpose, outside of the bot. */
export async function assertLawful(world: World, ...aside: readonly OracleName[]): Promise<void> {
  const results = await judge(outsideOf(world));
  const found = results
    .filter(({ name }) => !aside.some((one) => one === name))
    .flatMap(({ name, violations }) => violations.map(({ subject, detail }) => `${name}: ${subject}: ${detail}`));
  assert.deepEqual(found, []);
}
