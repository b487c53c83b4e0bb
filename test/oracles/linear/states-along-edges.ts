// Did the bot move issues forward only, from unstarted through started to completed, never out of a rest a person put them in?
import { timelineOf } from '../facts/board.ts';
import type { Oracle, Violation } from '../outside-world.ts';

const edges: ReadonlySet<string> = new Set(['unstarted started', 'started started', 'started completed']);

export const statesAlongEdges: Oracle = (world) => {
  const violations: Violation[] = [];
  let observed = 0;
  for (const issue of world.linear.state.issues) {
    const visited = new Set<string>();
    for (const { by, from, to } of timelineOf(world, issue).moves) {
      if (by.kind !== 'bot') {
        // Who puts it back where work starts asks for all of it again.
        if (to.type === 'unstarted') visited.clear();
        continue;
      }
      observed += 1;
      const subject = issue.identifier;
      if (!edges.has(`${from.type} ${to.type}`)) {
        const detail = `The bot moved it from ${from.name} (${from.type}) to ${to.name} (${to.type}).`;
        violations.push({ subject, detail });
      } else if (visited.has(to.name)) {
        violations.push({ subject, detail: `The bot moved it to ${to.name} a second time.` });
      }
      visited.add(to.name);
    }
  }
  return { observed, violations };
};
