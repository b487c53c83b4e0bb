/**
 * One tick: observe, then decide and act until nothing more follows from what was seen, then show people where things
 * stand. Within a tick the outside is read once; our own rows are read again for each decision.
 */
import { type Decision, decide } from '../decide/decide.ts';
import { goingOn } from '../decide/going-on.ts';
import type { Action } from '../domain/action.ts';
import { type Actor, act, show } from './act.ts';
import type { Observer, Outside, Rules } from './observe.ts';

export interface TickParts {
  readonly observer: Observer;
  readonly actor: Actor;
  readonly rules: () => Rules;
  /** False while the bot drains: nothing new is started. */
  readonly accepting: () => boolean;
}

export interface TickResult {
  readonly outside: Outside;
  /** The last decision: what people are shown. */
  readonly decision: Decision;
  /** Something was done, so the outside differs from what was read: look again soon. */
  readonly changed: boolean;
  /** More would have followed, but the look was too old for it or the rounds ran out. */
  readonly unsettled: boolean;
}

/** More than the longest chain of actions that one look at the outside can carry. */
const ROUNDS_MAX = 12;
/**
 * A look older than this is followed no further. While many issues are at work each round begins another one somewhere, and
 * whoever waits for what the forge shows next, such as the next to merge, must not wait for all of them.
 */
const LOOK_MS_MAX = 1_000;

export async function tick({ observer, actor, rules, accepting }: TickParts): Promise<TickResult> {
  const { sessions } = actor;
  const used = rules();
  const outside = await observer.outside(used);
  const lookedAt = actor.clock.now();
  let changed = false;
  for (let round = 1; ; round += 1) {
    const snapshot = await observer.snapshot(used, outside, accepting());
    const decision = decide(snapshot);
    // Once a tick: a session that cannot write is lost again at once, and must not be begun twelve times a second.
    if (round === 1) for (const run of goingOn(snapshot.runs, sessions.live(), decision.actions)) sessions.start(run);
    const actions = decision.actions.filter((action) => !isShowing(action));
    const progressed = await act(actions, actor);
    changed ||= progressed;
    const fresh = actor.clock.now() - lookedAt < LOOK_MS_MAX;
    if (progressed && fresh && round < ROUNDS_MAX) continue;
    // The comment on the issue is edited once for all that happened, so it is left for last.
    await show(decision.actions.filter(isShowing), actor);
    return { outside, decision, changed, unsettled: progressed };
  }
}

/** What a tick would do, without doing any of it. */
export async function rehearse({
  observer,
  rules,
  accepting,
}: Omit<TickParts, 'actor'>): Promise<{ readonly outside: Outside; readonly decision: Decision }> {
  const used = rules();
  const outside = await observer.outside(used);
  return { outside, decision: decide(await observer.snapshot(used, outside, accepting())) };
}

function isShowing(action: Action): boolean {
  return action.kind === 'progress-comment';
}
