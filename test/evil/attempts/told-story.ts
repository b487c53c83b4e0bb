/** How the story of an evil agent ended: what was merged, what no rule allows in it, and what the ticket says. */
import { outsideOf } from '../../demo/outside-of.ts';
import { isDone, isParked, isStopped, ofKind, progressOf } from '../../heartbeat/outside.ts';
import type { Story } from '../../heartbeat/story.ts';
import { judge } from '../../oracles/judge.ts';

export const ISSUE = {
  title: 'Say hello',
  description: 'Add src/hello.js.',
  movedBy: 'ada',
  priority: 2,
} as const;

export interface Told {
  readonly merges: number;
  readonly unlawful: readonly string[];
  readonly how: string;
}

export async function toldStory(story: Story, isOver: (story: Story) => boolean = isSettled): Promise<Told> {
  const { world } = story;
  await story.until('it is over', () => isOver(story));
  await story.rest();
  const results = await judge(outsideOf(world));
  const told = {
    merges: ofKind(world, 'merge').filter((one) => one.via !== 'person').length,
    unlawful: results
      .filter(({ name }) => name === 'merged-head-was-reviewed')
      .flatMap(({ violations }) => violations.map(({ subject, detail }) => `${subject}: ${detail}`)),
    how: progressOf(world, 'ENG-1').split('\n')[0] ?? '',
  };
  await story.end();
  return told;
}

function isSettled({ world }: Story): boolean {
  return isParked(world, 'ENG-1') || isDone(world, 'ENG-1') || isStopped(world, 'ENG-1');
}
