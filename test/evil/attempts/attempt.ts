/**
 * An attempt that plays in this process: once against the product as shipped, and once more against a copy of it without
 * the layers that stop it, where it has to succeed. One that fails there too shows nothing, so it is red.
 */
import { type Layer, type Line, red, stopped } from '../row.ts';
import { type Change, inWeakenedCopy } from './weakened-copy.ts';

export interface Attempt {
  readonly group: string;
  readonly name: string;
  readonly stoppedBy: readonly Layer[];
  /** What takes those layers out of the sources. */
  readonly without: readonly Change[];
  readonly play: () => Promise<Outcome>;
}

export interface Outcome {
  readonly succeeded: boolean;
  /** What showed it, or how it ended. */
  readonly evidence: string;
  /** It broke off half-way: nothing was shown, one way or the other. */
  readonly brokeOff?: true;
}

/** An attempt among others of one play, and what became of it. */
export interface Judged extends Pick<Attempt, 'group' | 'name' | 'stoppedBy'> {
  readonly outcome: Outcome;
  /** Why it cannot be shown to succeed here. */
  readonly notProvable?: string;
  /** What was missing for the attempt to be one. */
  readonly untried?: string;
}

export type OutcomeByName = Readonly<Record<string, Outcome>>;

/** By the key of what was tried. */
export type OutcomeOf = (key: string) => Outcome | undefined;

/** Attempts of one list, which a copy finds again under the list's name. */
export async function attemptLines(list: string, attempts: readonly Attempt[], room: string): Promise<readonly Line[]> {
  const [shipped, weak] = await Promise.all([playAll(attempts), playWithout(list, attempts)]);
  return attempts.map((attempt) => lineOf({ ...attempt, room }, shipped[attempt.name], weak[attempt.name]));
}

/** One that fails without its layers too is as bad as one that succeeds with them. */
export function lineOf(
  tried: Pick<Attempt, 'group' | 'name' | 'stoppedBy'> & { readonly room?: string },
  shipped: Outcome | undefined,
  weak: Outcome | undefined,
): Line {
  const { group, name, stoppedBy } = tried;
  const line = { group, name, stoppedBy, ...(tried.room === undefined ? {} : { room: tried.room }) };
  if (shipped === undefined || shipped.brokeOff === true)
    return red({ ...line, detail: shipped?.evidence ?? 'it was not tried' });
  if (shipped.succeeded) return red({ ...line, detail: `SUCCEEDED: ${shipped.evidence}` });
  if (weak?.succeeded === true) return stopped({ ...line, detail: shipped.evidence }, weak.evidence);
  const how = weak?.evidence ?? 'it was not tried there';
  return red({ ...line, detail: `COULD NOT FAIL, for without its layers it fails too: ${how}` });
}

/** Lines of one play, with what became of the same attempts in a copy without the layers. */
export function judgedLines(
  judged: readonly Judged[],
  weak: OutcomeOf,
  room: string | undefined = undefined,
): readonly Line[] {
  return judged.map((one): Line => {
    const { outcome, notProvable, untried } = one;
    const tried = {
      ...{ group: one.group, name: one.name, stoppedBy: one.stoppedBy },
      ...(room === undefined ? {} : { room }),
    };
    if (untried !== undefined) return red({ ...tried, detail: untried });
    if (notProvable === undefined || outcome.succeeded) return lineOf(tried, outcome, weak(keyOf(one)));
    return { ...tried, verdict: 'not provable', detail: notProvable };
  });
}

export function keyOf({ group, name }: Pick<Judged, 'group' | 'name'>): string {
  return `${group}: ${name}`;
}

export function byKey(judged: readonly Judged[]): OutcomeByName {
  return Object.fromEntries(judged.map((one) => [keyOf(one), one.outcome]));
}

/** What became of one list in a copy; where the copy itself broke twice, each of them is told why. */
export async function playedWithout(list: string, changes: readonly Change[]): Promise<OutcomeOf> {
  const once = (): Promise<OutcomeByName> => inWeakenedCopy<OutcomeByName>(changes, [list]);
  try {
    const outcomes = await once().catch(once);
    return (key) => outcomes[key];
  } catch (error) {
    return () => brokeOff(error);
  }
}

/** One after the other: each has a bot of its own. What breaks off may try once more; what does again shows nothing. */
export async function playAll(attempts: readonly Attempt[]): Promise<OutcomeByName> {
  const outcomes: Record<string, Outcome> = {};
  for (const { name, play } of attempts) {
    const once = (): Promise<Outcome> => play().catch((error: unknown) => brokeOff(error));
    const outcome = await once();
    outcomes[name] = outcome.brokeOff === true ? await once() : outcome;
  }
  return outcomes;
}

function brokeOff(error: unknown): Outcome {
  return { succeeded: false, evidence: `it broke off: ${String(error).slice(0, 600)}`, brokeOff: true };
}

/**
 * Attempts that fall by the same change share a copy. What a busy machine cut short may try once more: this is the proof that
 * it can succeed, not that it cannot.
 */
async function playWithout(list: string, attempts: readonly Attempt[]): Promise<OutcomeByName> {
  const outcomes: Record<string, Outcome> = {};
  for (const group of Map.groupBy(attempts, ({ without }) => JSON.stringify(without)).values()) {
    for (let tries = 0; tries < 2; tries += 1) {
      const names = group.map(({ name }) => name).filter((name) => outcomes[name]?.succeeded !== true);
      if (names.length === 0) break;
      const told = await inWeakenedCopy<OutcomeByName>(group[0]?.without ?? [], [list, ...names]).catch(
        (error: unknown) => Object.fromEntries(names.map((name) => [name, brokeOff(error)])),
      );
      Object.assign(outcomes, told);
    }
  }
  return outcomes;
}
