// What Linear's log says: who moved an issue where, who may start it, and what the bot wrote. Requests are the bot's alone.
import type { Effect } from '../../world/linear/board/board.ts';
import type { Actor, IssueRecord, WorkflowStateType } from '../../world/linear/board/records.ts';
import type { OutsideWorld } from '../outside-world.ts';

/** Who moved it: the bot through the API, a person, or an integration or rule. */
export type Mover =
  | { readonly kind: 'bot' }
  | { readonly kind: 'person'; readonly name: string; readonly allowed: boolean }
  | { readonly kind: 'automation' };

export interface StateMove {
  readonly at: number;
  readonly by: Mover;
  readonly from: { readonly name: string; readonly type: WorkflowStateType };
  readonly to: { readonly name: string; readonly type: WorkflowStateType };
}

/** An issue's moves as the log has them, and where it stood before the first. */
export interface Timeline {
  readonly initial: { readonly type: WorkflowStateType; readonly by: Mover; readonly at: number };
  readonly moves: readonly StateMove[];
}

export function isBots(effect: Effect): boolean {
  return effect.request !== null;
}

export function effectsAbout(world: OutsideWorld, issueKey: string): readonly Effect[] {
  return world.linear.log.filter((effect) => effect.issue === issueKey);
}

export function timelineOf(world: OutsideWorld, issue: IssueRecord): Timeline {
  const effects = effectsAbout(world, issue.identifier);
  const moved = effects.filter((effect) => effect.kind === 'state-move');
  const created = effects.find((effect) => effect.kind === 'issue-create');
  const current = world.linear.state.workflowStates.find((state) => state.id === issue.stateId)?.name ?? '';
  const initialType = typeNamed(world, issue, moved[0]?.from ?? created?.state ?? current);
  let type = initialType;
  const moves = moved.map((effect): StateMove => {
    const from = { name: effect.from, type };
    type = effect.toType as WorkflowStateType;
    return { at: effect.at, by: moverOf(world, effect), from, to: { name: effect.to, type } };
  });
  const at = Date.parse(issue.createdAt);
  const by = created === undefined ? seedMover(world, issue, moved.length) : moverOf(world, created);
  return { initial: { type: initialType, by, at }, moves };
}

/** Moments at which somebody put the issue where work starts, oldest first. */
export function startsOf(
  world: OutsideWorld,
  issue: IssueRecord,
): readonly { readonly at: number; readonly by: Mover }[] {
  const { initial, moves } = timelineOf(world, issue);
  return [
    ...(initial.type === 'unstarted' ? [{ at: initial.at, by: initial.by }] : []),
    ...moves.filter((move) => move.to.type === 'unstarted' && move.by.kind !== 'bot'),
  ];
}

export function mayStart(mover: Mover): boolean {
  return mover.kind === 'person' && mover.allowed;
}

export function describe(mover: Mover): string {
  return mover.kind === 'person' ? mover.name : mover.kind === 'bot' ? 'the bot' : 'an automation';
}

export function allowedOnLinear(world: OutsideWorld, userId: string | null): boolean {
  const user = world.linear.state.users.find((one) => one.id === userId);
  if (user === undefined) return false;
  const names = [user.id, user.displayName, user.email].map((name) => name.toLowerCase());
  return world.allowed.linear.some((name) => names.includes(name.toLowerCase()));
}

function moverOf(world: OutsideWorld, effect: Effect): Mover {
  return isBots(effect) ? { kind: 'bot' } : personOf(world, effect.actor);
}

function personOf(world: OutsideWorld, { userId, botActor }: Actor): Mover {
  if (botActor !== null || userId === null) return { kind: 'automation' };
  const name = world.linear.state.users.find((one) => one.id === userId)?.displayName ?? userId;
  return { kind: 'person', name, allowed: allowedOnLinear(world, userId) };
}

/** The seed leaves a history entry, but nothing in the log, for a move that was made before the world began. */
function seedMover(world: OutsideWorld, issue: IssueRecord, logged: number): Mover {
  const history = world.linear.state.history.filter(
    (entry) => entry.issueId === issue.id && entry.delta.toStateId !== undefined,
  );
  const first = history.length > logged ? history[0] : undefined;
  return personOf(
    world,
    first === undefined
      ? { userId: issue.creatorId, botActor: issue.botActor }
      : { userId: first.actorId, botActor: first.botActor },
  );
}

function typeNamed(world: OutsideWorld, issue: IssueRecord, name: string): WorkflowStateType {
  const states = world.linear.state.workflowStates.filter((state) => state.teamId === issue.teamId);
  let wanted = name;
  for (const effect of world.linear.log) {
    if (states.some((state) => state.name === wanted)) break;
    if (effect.kind === 'state-rename' && effect.from === wanted) wanted = effect.to;
  }
  return states.find((state) => state.name === wanted)?.type ?? 'backlog';
}
