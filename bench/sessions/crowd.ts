/** The world that many sessions live in: one repository, and models that think for a while and can be made to wait. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EffectHook } from '../../test/world/faults.ts';
import type { Script, ScriptedReply, ScriptedRequest } from '../../test/world/models/conversation.ts';
import { issueKeyOf } from '../../test/world/models/scripted-agent.ts';
import { startWorld, type World } from '../../test/world/start-world.ts';
import { FILES, lookAt } from './ticket.ts';

export const MODEL_MS = 200;

export interface Crowd {
  readonly world: World;
  /** Nobody is answered at this turn until the gate is opened. */
  gate(turn: number, sessions: number): Gate;
}

export interface Gate {
  /** Resolves when as many sessions stand at it. */
  readonly full: Promise<void>;
  open(): void;
}

/** `finishAt`: the turn at which the agents hand in their work; they look around for ever without. */
export async function withCrowd<Result>(
  options: { readonly finishAt?: number; readonly onEffect?: EffectHook },
  act: (crowd: Crowd) => Promise<Result>,
): Promise<Result> {
  const root = await mkdtemp(join(tmpdir(), 'heartline bench sessions '));
  const gates = new Map<number, Standing>();
  const script: Script = async (request) => {
    const turn = turnOf(request);
    await gates.get(turn)?.arrive(issueKeyOf(request) ?? '');
    return replyAt(turn, options.finishAt ?? Number.POSITIVE_INFINITY);
  };
  const world = await startWorld({
    root,
    issues: [],
    files: FILES,
    jobs: [],
    script,
    verify: ['test -f notes.txt'],
    modelLatencyMs: MODEL_MS,
    isolation: 'bwrap',
    ...(options.onEffect === undefined ? {} : { onEffect: options.onEffect }),
  });
  try {
    return await act({
      world,
      gate: (turn, sessions) => {
        const gate = standing(sessions);
        gates.set(turn, gate);
        return gate;
      },
    });
  } finally {
    await world.close();
    await rm(root, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** How many replies the session has had. */
export function turnOf(request: ScriptedRequest): number {
  return request.messages.filter((message) => message.kind === 'assistant').length;
}

function replyAt(turn: number, finishAt: number): ScriptedReply {
  if (turn < finishAt - 1) {
    return { text: `Looking further, at part ${turn}.`, calls: [{ name: 'bash', input: { command: lookAt(turn) } }] };
  }
  const command = "echo done > done.txt && git add -A && git commit -q -m 'Mend the total'";
  if (turn === finishAt - 1) return { calls: [{ name: 'bash', input: { command } }] };
  return { calls: [{ name: 'finish', input: { title: 'Mend the total', summary: 'The total counts every item.' } }] };
}

interface Standing extends Gate {
  arrive(who: string): Promise<void>;
}

function standing(wanted: number): Standing {
  const here = new Set<string>();
  const full = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<void>();
  return {
    full: full.promise,
    open: opened.resolve,
    arrive: async (who) => {
      here.add(who);
      if (here.size >= wanted) full.resolve();
      await opened.promise;
    },
  };
}
