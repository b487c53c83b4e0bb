/** Towards people: nothing pushed over them, nothing started for strangers, nothing done after a stop, states only along their edges. */
import type { StateType } from '../../../src/domain/issue.ts';
import type { Plan } from '../plan.ts';
import { LATENCY_MS, SLOW_MS } from '../ports/line.ts';
import {
  type Court,
  isBatch,
  keyOfBranch,
  keyOfIssue,
  keyOfPull,
  keyOfSubject,
  keyTouched,
  type Oracle,
  type OracleMaker,
} from './oracle.ts';

const EDGES: Readonly<Partial<Record<StateType, readonly StateType[]>>> = {
  unstarted: ['started', 'completed'],
  started: ['started', 'completed'],
};

/** Linear takes no condition with a move: between the look right before and the move itself a person may be faster. */
const BLIND_MS = 700;
const BLIND_WHEN_SLOW_MS = 60_000;

function blindMs(plan: Plan): number {
  return plan.faults.some(({ fault }) => fault === 'slow') ? BLIND_WHEN_SLOW_MS : BLIND_MS;
}

export const edges: OracleMaker = ({ plan, world, violation, keep }) => {
  const { moved } = keep({ moved: new Map<string, number>() });
  const blind = blindMs(plan);
  return {
    see: (happening, at) => {
      if (happening.kind !== 'moved') return;
      const { from, to, issueId, by } = happening;
      if (by !== 'bot') moved.set(issueId, at);
      else if (EDGES[from]?.includes(to) !== true) {
        const theirs = moved.get(issueId) ?? 0;
        // Who looked and moved it all the same was not overtaken.
        const saw = (world.board.readAt.get(issueId) ?? 0) > theirs;
        if (saw || at - theirs > blind) violation(`${keyOfIssue(issueId)} was moved from ${from} to ${to}`);
      }
    },
  };
};

export const pushes: OracleMaker = ({ world: { git }, violation }) => ({
  see: (happening) => {
    if (happening.kind !== 'pushed' || happening.by !== 'bot') return;
    const { before, head, branch } = happening;
    const { kind } = git.get(head).author;
    if (keyOfBranch(branch) === null && kind !== 'forge' && !(isBatch(branch) && kind === 'batch'))
      violation(`the bot pushed to ${branch}, which is not its own`);
    if (before === null || git.contains(head, before)) return;
    violation(`${head.slice(0, 7)} was pushed over ${before.slice(0, 7)} on ${branch}`);
  },
});

/** Looks that saw everything, after which a person's word must have taken effect. */
const LOOKS = 2;

interface Stop {
  readonly at: number;
  readonly how: string;
  readonly looks: number;
  /** When so many looks had seen it. */
  readonly settledAt: number;
}

/** How long a request is on its way at most: what had left before cannot be called back. */
function tripMs(plan: Plan): number {
  return plan.faults.some(({ fault }) => fault === 'slow') ? SLOW_MS + LATENCY_MS[1] : LATENCY_MS[1];
}

export const stops: OracleMaker = (court) => {
  const { plan, violation, keep } = court;
  const { stopped } = keep({ stopped: new Map<string, Stop>() });
  const own = keep({ queueHeldOnto: false });
  const stop = (key: string | null, at: number, how: string): void => {
    if (key !== null && !stopped.has(key)) stopped.set(key, { at, how, looks: 0, settledAt: Number.POSITIVE_INFINITY });
  };
  const settled = (key: string | null): Stop | null => {
    const found = key === null ? undefined : stopped.get(key);
    return found !== undefined && found.looks >= LOOKS ? found : null;
  };

  return {
    see: (happening, at) => {
      if ('by' in happening && happening.by === 'person') {
        const said = wordOf(court, happening);
        if (said?.word === 'go') stopped.delete(said.key);
        if (said?.word === 'stop') stop(said.key, at, said.how);
        return;
      }
      // A move of ours that crossed theirs on the way: the board shows ours now, and there is nothing left to follow.
      if (happening.kind === 'moved' && happening.by === 'bot') {
        const crossed = stopped.get(keyOfIssue(happening.issueId));
        if (crossed !== undefined && at - crossed.at <= blindMs(plan)) stopped.delete(keyOfIssue(happening.issueId));
      }
      if (happening.kind === 'looked' && happening.clear) {
        for (const [key, one] of stopped) {
          const looks = one.looks + (happening.begun >= one.at ? 1 : 0);
          stopped.set(key, { ...one, looks, settledAt: looks === LOOKS ? Math.min(one.settledAt, at) : one.settledAt });
        }
        for (const key of happening.live) {
          if (settled(key) !== null) violation(`a session of ${key} lives on after ${settled(key)?.how}`);
        }
        return;
      }
      // Asked to let it go in time, GitHub did not: then its queue lands it, and it is looked at like any other.
      if (happening.kind === 'fault' && happening.what.endsWith(' dequeue')) own.queueHeldOnto = true;
      if (happening.kind === 'merged' && happening.by === 'forge' && own.queueHeldOnto) return;
      // Work on the issue ended with its merge. That its change is taken back is about the base branch, whatever was said before.
      if (happening.kind === 'pushed' && happening.before === null && happening.branch.includes('-revert-'))
        stopped.delete(keyOfBranch(happening.branch) ?? '');
      const key =
        happening.kind === 'session-began'
          ? keyOfSubject(happening.subject)
          : happening.kind === 'merged' && happening.by === 'forge'
            ? keyOfPull(court, happening.number)
            : keyTouched(court, happening);
      const before = settled(key);
      const underWay = happening.kind === 'session-began' ? 0 : tripMs(plan);
      if (before !== null && at - before.settledAt > underWay)
        violation(`${happening.kind} for ${key} after ${before.how}`);
    },
  };
};

type Word = { readonly key: string; readonly word: 'stop' | 'go'; readonly how: string };

function wordOf(court: Court, happening: Parameters<Oracle['see']>[0]): Word | null {
  switch (happening.kind) {
    case 'moved': {
      const key = keyOfIssue(happening.issueId);
      const how = `it was moved to ${happening.toName}`;
      if (happening.toName === 'Todo' || happening.to === 'started') return { key, word: 'go', how };
      return { key, word: 'stop', how };
    }
    case 'issue-edited': {
      const key = keyOfIssue(happening.issueId);
      return happening.what === 'archived' ? { key, word: 'stop', how: 'it was archived' } : null;
    }
    case 'pushed': {
      const key = keyOfBranch(happening.branch);
      return key === null ? null : { key, word: 'stop', how: 'a person pushed to its branch' };
    }
    // What they land is theirs, whatever they pushed before: the bot says that it is done.
    case 'merged':
    case 'landed-along': {
      const key = keyOfPull(court, happening.number);
      return key === null ? null : { key, word: 'go', how: 'merged' };
    }
    case 'issue-commented':
      return wordIn(happening.body, keyOfIssue(happening.issueId));
    case 'pull-commented': {
      const key = keyOfPull(court, happening.number);
      return key === null ? null : wordIn(happening.body, key);
    }
    default:
      return null;
  }
}

function wordIn(body: string, key: string): Word | null {
  if (/^\/stop\b/m.test(body)) return { key, word: 'stop', how: '/stop' };
  return /^\/(resume|retry|answer)\b/m.test(body) ? { key, word: 'go', how: body } : null;
}

export const strangers: OracleMaker = ({ plan, world, violation }) => ({
  see: (happening) => {
    if (happening.kind !== 'session-began') return;
    const key = keyOfSubject(happening.subject);
    const ticket = plan.tickets.find((one) => one.key === key);
    if (ticket?.expect === 'never-started') violation(`work on ${key} was started for a ${ticket.by}`);
    const issue = key === null ? undefined : world.board.issues.get(`issue-${key}`);
    const blocked = ticket?.value.blockers?.some((one) => !one.settled) === true;
    if (blocked && issue !== undefined) violation(`work on ${key} was started although it is blocked`);
  },
});

/** Two bots may be started; only one of them lives at a time. */
export const oneWriter: OracleMaker = ({ violation, keep }) => {
  const own = keep({ alive: null as string | null });
  return {
    see: (happening) => {
      if (happening.kind === 'killed' && happening.bot === own.alive) own.alive = null;
      if (happening.kind !== 'started') return;
      if (own.alive !== null && own.alive !== happening.bot)
        violation(`${happening.bot} writes while ${own.alive} does`);
      own.alive = happening.bot;
    },
  };
};
