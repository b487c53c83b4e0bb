// When people took an issue away or said /stop, when they gave it back, and from when on the bot must have known.
import type { IssueRecord } from '../../world/linear/board/records.ts';
import type { OutsideWorld } from '../outside-world.ts';
import { allowedOnLinear, effectsAbout, isBots, mayStart, startsOf, timelineOf } from './board.ts';
import { botMerges, botPullRequests, effectsOf } from './forge.ts';

export interface Stop {
  readonly at: number;
  readonly by: string;
  readonly how: string;
  /** From here on the bot has seen it, and calls that were under way are over. */
  readonly knownAt: number;
  /** When a person asked to go on; infinite when nobody did. */
  readonly until: number;
}

/** The bot has looked at the board twice: at the first look at the latest it decides, before the second it has acted. */
const looksToKnow = 2;
const inFlightMsDefault = 1_000;
/** However it looks, it must know after this. */
const knownMsMax = 60_000;

const restTypes: readonly string[] = ['triage', 'backlog', 'canceled', 'completed'];

/** Oldest first. */
export function stopsOf(world: OutsideWorld, issue: IssueRecord): readonly Stop[] {
  const words = commandsOn(world, issue);
  const resumes = [
    ...startsOf(world, issue).filter((start) => mayStart(start.by)),
    ...words.filter(({ verb }) => verb !== 'stop'),
  ].map(({ at }) => at);
  const stops = [
    ...movedAway(world, issue),
    ...effectsAbout(world, issue.identifier).flatMap((effect) =>
      effect.kind === 'archive' && !isBots(effect)
        ? [{ at: effect.at, by: effect.actorName ?? 'an automation', how: 'archived it' }]
        : [],
    ),
    ...words.flatMap(({ at, by, verb }) => (verb === 'stop' ? [{ at, by, how: 'said /stop' }] : [])),
  ];
  return stops
    .map((stop) => {
      const until = Math.min(...resumes.filter((at) => at >= stop.at), Number.POSITIVE_INFINITY);
      return { ...stop, until, knownAt: knownAt(world, stop.at) };
    })
    .sort((a, b) => a.at - b.at);
}

function movedAway(world: OutsideWorld, issue: IssueRecord) {
  return timelineOf(world, issue).moves.flatMap(({ at, by, to }) =>
    by.kind === 'person' && restTypes.includes(to.type) && !landedBefore(world, issue, at)
      ? [{ at, by: by.name, how: `moved it to ${to.name}` }]
      : [],
  );
}

/** What has landed is verified, linked and told, whoever tidies the board meanwhile. */
function landedBefore(world: OutsideWorld, issue: IssueRecord, at: number): boolean {
  const ours = new Set(botPullRequests(world).flatMap((one) => (one.issueId === issue.id ? [one.number] : [])));
  return botMerges(world).some((merge) => ours.has(merge.number) && merge.at <= at);
}

interface Command {
  readonly at: number;
  readonly by: string;
  readonly verb: string;
}

function commandsOn(world: OutsideWorld, issue: IssueRecord): readonly Command[] {
  const ours = new Set(botPullRequests(world).flatMap((one) => (one.issueId === issue.id ? [one.number] : [])));
  const onBoard = effectsAbout(world, issue.identifier).flatMap((effect) =>
    effect.kind === 'comment-create' && !isBots(effect) && allowedOnLinear(world, effect.actor.userId)
      ? commandIn(effect.body, effect.at, effect.actorName ?? '')
      : [],
  );
  const onForge = effectsOf(world).flatMap((effect) =>
    effect.kind === 'comment-created' &&
    effect.via === 'person' &&
    ours.has(effect.number) &&
    world.allowed.github.includes(effect.actor)
      ? commandIn(effect.body, effect.at, effect.actor)
      : [],
  );
  return [...onBoard, ...onForge];
}

function commandIn(body: string, at: number, by: string): readonly Command[] {
  const verb = /^\s*\/(stop|resume|retry|answer)\b/im.exec(body)?.[1]?.toLowerCase();
  return verb === undefined ? [] : [{ at, by, verb }];
}

/** A look is one answered request for issues and comments together: what the bot asks at each beat. */
function knownAt(world: OutsideWorld, stoppedAt: number): number {
  const looks = world.linear.requests.filter(
    (request) =>
      request.at > stoppedAt &&
      request.kind === 'read' &&
      request.status === 200 &&
      request.errors.length === 0 &&
      (request.fault === null || request.fault === 'slow' || request.fault === 'duplicate') &&
      request.rootFields.includes('issues') &&
      request.rootFields.includes('comments'),
  );
  const seen = looks[looksToKnow - 1]?.at ?? Number.POSITIVE_INFINITY;
  return Math.min(seen + (world.inFlightMs ?? inFlightMsDefault), stoppedAt + knownMsMax);
}
