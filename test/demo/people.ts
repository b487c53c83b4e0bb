// People in the demo and in stories: each act happens once, as soon as what it waits for is true outside.
import type { World } from '../world/start-world.ts';

export interface Act {
  /** For the board: "Ada cancels ENG-7". */
  readonly name: string;
  when(world: World): boolean;
  act(world: World): Promise<void>;
}

export interface People {
  /** True once all of them have acted. */
  done(): boolean;
  leave(): void;
}

export function letPeopleAct(world: World, acts: readonly Act[], onAct: (act: Act) => void): People {
  const waiting = new Set(acts);
  let acting = 0;
  const look = (): void => {
    for (const act of waiting) {
      if (!act.when(world)) continue;
      waiting.delete(act);
      acting += 1;
      onAct(act);
      act.act(world).finally(() => {
        acting -= 1;
      });
    }
  };
  const stops = [world.linear.onChange(look), world.github.onChange(look), world.models.onChange(look)];
  look();
  return {
    done: () => waiting.size === 0 && acting === 0,
    leave: () => {
      for (const stop of stops) stop();
    },
  };
}
