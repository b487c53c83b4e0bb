// What a story asks of the outside: never of the bot's rows.
import assert from 'node:assert/strict';
import type { Effect } from '../world/github/log.ts';
import type { ScriptedRequest } from '../world/models/conversation.ts';
import { issueKeyOf, roleOf } from '../world/models/scripted-agent.ts';
import { REPOSITORY, type World } from '../world/start-world.ts';
import { stateOf } from './story.ts';

/** An effect written down for several kinds at once is one of each of them. */
type EffectOf<K extends Effect['kind']> = Effect extends infer E
  ? E extends { kind: infer Own }
    ? K extends Own
      ? E & { readonly kind: K }
      : never
    : never
  : never;

export function ofKind<K extends Effect['kind']>(world: World, kind: K): readonly EffectOf<K>[] {
  return world.github.log.effects.filter((effect): effect is EffectOf<K> => effect.kind === kind);
}

/** Pushes over git: the bot's, for people of the world need no request. */
export function botPushes(world: World): readonly EffectOf<'push'>[] {
  return ofKind(world, 'push').filter((push) => push.via === 'git');
}

export function progressOf(world: World, key: string): string {
  const issue = world.linear.state.issues.find((one) => one.identifier === key);
  const all = world.linear.state.comments.filter(
    (comment) => comment.issueId === issue?.id && comment.body.includes('<!-- heartline:progress'),
  );
  assert.ok(all.length <= 1, `${key} has ${all.length} progress comments`);
  return all[0]?.body ?? '';
}

/** Done on Linear and said so: the last thing the bot does about an issue. */
export function isDone(world: World, key: string): boolean {
  return stateOf(world, key) === 'Done' && progressOf(world, key).startsWith('**Done**');
}

export function isParked(world: World, key: string): boolean {
  return progressOf(world, key).startsWith('**Parked.**');
}

export function isStopped(world: World, key: string): boolean {
  return progressOf(world, key).startsWith('**Stopped.**');
}

/** Requests that models answered for one role, oldest first. */
export function asked(world: World, role: string, key?: string): readonly ScriptedRequest[] {
  return world.models.log.flatMap(({ request }) =>
    request !== null && roleOf(request) === role && (key === undefined || issueKeyOf(request) === key) ? [request] : [],
  );
}

export function pullRequest(world: World, number: number) {
  const found = world.github.state.repository(REPOSITORY).pullRequests.get(number);
  assert.ok(found, `there is no pull request #${number}`);
  return found;
}

export function branchTip(world: World, branch: string): string | undefined {
  return world.github.state.repository(REPOSITORY).refs.get(`refs/heads/${branch}`);
}

export function isOpened(world: World, count = 1): boolean {
  return ofKind(world, 'pull-request-created').length >= count;
}

/** Exactly one of everything an issue may have outside. */
export function assertOnceEach(world: World, key: string): void {
  const issue = world.linear.state.issues.find((one) => one.identifier === key);
  assert.ok(isDone(world, key), `${key} is ${stateOf(world, key)}: ${progressOf(world, key)}`);
  const opened = ofKind(world, 'pull-request-created').filter((one) =>
    one.head.startsWith(`heartline/${key.toLowerCase()}`),
  );
  assert.equal(opened.length, 1, 'one pull request');
  const number = opened[0]?.number;
  assert.equal(ofKind(world, 'merge').filter((one) => one.number === number).length, 1, 'one merge');
  assert.equal(world.linear.state.attachments.filter((one) => one.issueId === issue?.id).length, 1, 'one link');
  const reviews = ofKind(world, 'review').filter((one) => one.number === number);
  assert.equal(new Set(reviews.map((one) => one.body)).size, reviews.length, 'no review twice');
  const moves = world.linear.log.filter((one) => one.issue === key && one.kind === 'state-move');
  const targets = moves.map((move) => (move.kind === 'state-move' ? move.to : ''));
  assert.equal(new Set(targets).size, targets.length, `moved once to each: ${targets.join(', ')}`);
}
