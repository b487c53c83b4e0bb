/** Issues whose pull requests are ready but for a newer base, and the batch they were put into; each test changes the one thing it is about. */
import { batchBranch, batchKey, dropKey } from '../../src/decide/batch.ts';
import type { Action } from '../../src/domain/action.ts';
import type { Effect } from '../../src/domain/effect.ts';
import type { Issue } from '../../src/domain/issue.ts';
import type { IssueRecord } from '../../src/domain/issue-record.ts';
import type { BaseView, DiffFacts, PullRequest } from '../../src/domain/pull-request.ts';
import { baseSubject } from '../../src/domain/run.ts';
import type { ProjectSettings } from '../../src/domain/settings.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { checkedDecision } from './check-decision.ts';
import {
  BASE,
  deepFreeze,
  ledger,
  makeBoard,
  makeCheck,
  makeDiff,
  makeEffect,
  makeIssue,
  makeProject,
  makePullRequest,
  makeRecord,
  makeRepository,
  makeRun,
  makeSettings,
  makeSnapshot,
  makeVerdict,
  NOW,
  REPOSITORY,
  STATES,
  sha,
} from './make.ts';

/** One pull request, and what is out of the ordinary about it. */
export interface Part {
  readonly number: number;
  /** Reviewed and green at another head than at first. */
  readonly head?: string;
  readonly issue?: Partial<Issue>;
  readonly record?: Partial<IssueRecord>;
  readonly pull?: Partial<PullRequest>;
  readonly diff?: Partial<DiffFacts>;
  readonly effects?: readonly Effect[];
  /** Nobody has reviewed it. */
  readonly unjudged?: boolean;
}

export interface Scene {
  readonly parts?: readonly Part[];
  readonly project?: Partial<ProjectSettings>;
  readonly projects?: readonly ProjectSettings[];
  readonly separateReviewer?: boolean;
  readonly base?: Partial<BaseView>;
  /** The batch's pull request as GitHub shows it; absent: it shows none. */
  readonly batch?: Partial<PullRequest>;
  readonly effects?: readonly Effect[];
  readonly more?: Partial<Snapshot>;
}

export const THREE: readonly Part[] = [{ number: 1 }, { number: 2 }, { number: 3 }];
export const BATCH = 40;
/** Holds all three, on top of the base. */
export const HELD = sha(0xba7c);
export const LANDED = sha(0x1a9d);
/** What the base was when work on all of them began. */
const FROM = sha(0x01d);
const OPENED_AT = NOW - 300_000;

export const headOf = (number: number): string => sha(0xf00 + number);
export const membersOf = (numbers: readonly number[]) => numbers.map((number) => ({ number, head: headOf(number) }));
export const keyOf = (...numbers: readonly number[]): string => batchKey(REPOSITORY, 'main', BASE, membersOf(numbers));
export const KEY = keyOf(1, 2, 3);

/** These were put together and are tested; of three, where nobody is named. */
export function opened(value: Partial<Effect> = {}, numbers: readonly number[] = [1, 2, 3]): Effect {
  return makeEffect({
    key: keyOf(...numbers),
    kind: 'open-batch',
    subject: baseSubject(REPOSITORY, 'main'),
    intendedAt: OPENED_AT,
    confirmedAt: OPENED_AT,
    outsideId: `${BATCH}@${HELD}`,
    ...value,
  });
}

export function dropped(why: 'landed' | 'red' | 'stale', value: Partial<Effect> = {}, key = KEY): Effect {
  return makeEffect({
    key: dropKey({ key }, why),
    kind: 'drop-batch',
    subject: baseSubject(REPOSITORY, 'main'),
    outsideId: 'deleted',
    ...value,
  });
}

const SUBJECT = `pull:${REPOSITORY}#${BATCH}`;
export const STATUS = makeEffect({ key: `status:${REPOSITORY}:${HELD}:batch`, kind: 'set-status', subject: SUBJECT });
export const REVIEW = makeEffect({
  key: `review:batch:${REPOSITORY}:${BATCH}:${HELD}`,
  kind: 'post-review',
  subject: SUBJECT,
  outsideId: '900',
});

export function merging(value: Partial<Effect> = {}): Effect {
  return makeEffect({
    key: `merge:${SUBJECT}:${HELD}:${BASE}:merge`,
    kind: 'merge',
    subject: SUBJECT,
    confirmedAt: null,
    ...value,
  });
}

export const merged = merging({ confirmedAt: NOW - 5_000, outsideId: LANDED });
/** What it landed was compared with what was tested, and is the same. */
export const LOOKED_AT = `merged:${SUBJECT}:${LANDED}`;

const headOfPart = ({ number, head }: Part): string => head ?? headOf(number);

function effectsOf(part: Part): readonly Effect[] {
  const { number, unjudged = false, effects = [] } = part;
  const [id, head] = [`issue-${number}`, headOfPart(part)];
  const own = (key: string, kind: Effect['kind'], outsideId: string | null = null): Effect =>
    makeEffect({ key, kind, subject: `issue:${id}`, outsideId });
  const judged = [
    own(`review:v${number}`, 'post-review'),
    own(`status:${REPOSITORY}:${head}:v${number}`, 'set-status'),
  ];
  return [
    own(`push:${id}:1:${head}`, 'push-branch', head),
    own(`open:${id}:1`, 'open-pull-request', String(number)),
    own(`link:${id}:1`, 'link-pull-request'),
    own(`move:${id}:1:started`, 'move-issue'),
    own(`move:${id}:1:review`, 'move-issue'),
    ...(unjudged ? [] : judged),
    ...effects,
  ];
}

export function together(scene: Scene = {}): Snapshot {
  const { parts = THREE, base, batch, effects = [], more } = scene;
  const pulls = parts.map((part) =>
    makePullRequest({
      number: part.number,
      branch: `heartline/eng-${part.number}`,
      head: headOfPart(part),
      checks: [makeCheck({ sha: headOfPart(part) })],
      base: base?.tip ?? BASE,
      ...part.pull,
    }),
  );
  const shown =
    batch === undefined
      ? []
      : [
          makePullRequest({
            number: BATCH,
            branch: batchBranch({ base: BASE, members: membersOf([1, 2, 3]) }),
            head: HELD,
            base: base?.tip ?? BASE,
            checks: [makeCheck({ sha: HELD })],
            ...batch,
          }),
        ];
  const repository = makeRepository({
    bases: new Map([['main', { tip: BASE, checks: [], mergeQueue: false, ...base }]]),
    pullRequests: [...pulls, ...shown],
    diffs: new Map(
      parts.map(({ number, diff }, index) => {
        const pair = { base: pulls[index]?.base ?? BASE, head: pulls[index]?.head ?? '' };
        const files = [`src/f${number}.ts`];
        const facts = makeDiff({ ...pair, files, digest: `digest-${number}`, baseIsAncestor: false, ...diff });
        return [`${pair.base}..${pair.head}`, facts];
      }),
    ),
    parents: new Map(pulls.map(({ head }) => [head, [FROM]])),
  });
  const issues = parts.map(({ number, issue }) =>
    makeIssue({ id: `issue-${number}`, key: `ENG-${number}`, state: STATES.review, lastMove: null, ...issue }),
  );
  return deepFreeze(
    makeSnapshot({
      settings: makeSettings({
        projects: scene.projects ?? [makeProject({ batchMax: 5, ...scene.project })],
        separateReviewer: scene.separateReviewer ?? false,
      }),
      board: makeBoard(issues),
      repositories: new Map([[REPOSITORY, { known: true, value: repository }]]),
      records: parts.map((part) =>
        makeRecord({
          issueId: `issue-${part.number}`,
          key: `ENG-${part.number}`,
          branch: `heartline/eng-${part.number}`,
          head: headOfPart(part),
          pullRequest: part.number,
          claimedMove: `created:issue-${part.number}`,
          ...part.record,
        }),
      ),
      runs: parts.map((part) =>
        makeRun({
          id: `run-${part.number}`,
          subject: { kind: 'issue', issueId: `issue-${part.number}` },
          issueKey: `ENG-${part.number}`,
          sessionId: `session-${part.number}`,
          result: { kind: 'work', head: headOfPart(part), base: FROM, summary: 'Did it.', commitTitle: 'Do it' },
        }),
      ),
      verdicts: parts
        .filter(({ unjudged }) => unjudged !== true)
        .map((part) =>
          makeVerdict({
            id: `v${part.number}`,
            runId: `review-${part.number}`,
            number: part.number,
            head: headOfPart(part),
            base: FROM,
            digest: `digest-${part.number}`,
          }),
        ),
      effects: ledger(...parts.flatMap(effectsOf), ...effects),
      ...more,
    }),
  );
}

/** What is done, a few words each, but for what people are shown of an issue. */
export function told(snapshot: Snapshot): readonly string[] {
  return checkedDecision(snapshot).actions.flatMap((action) => {
    const words = wordsOf(action);
    return words === null ? [] : [words];
  });
}

function wordsOf(action: Action): string | null {
  const numbers = (members: readonly { readonly number: number }[]) => members.map((one) => one.number).join(' ');
  switch (action.kind) {
    case 'progress-comment':
      return null;
    case 'open-batch':
      return `open ${numbers(action.members)}`;
    case 'drop-batch':
      return `drop ${numbers(action.members)}: ${action.key.split(':')[1]}`;
    case 'merge':
      return `merge ${action.number}${action.members.length === 0 ? '' : `, ${numbers(action.members)} with it`}`;
    case 'update-branch':
    case 'post-review':
      return `${action.kind} ${action.number}`;
    case 'verify-merge':
      return `${action.kind} ${action.name}`;
    case 'set-status':
      return `${action.kind} ${action.head === HELD ? BATCH : action.head}`;
    case 'update-record': {
      const { phase, mergeCommit, mergeVerified } = action.change;
      const said = [phase, mergeCommit === undefined ? null : 'landed', mergeVerified === true ? 'verified' : null];
      return `${action.issueId}: ${said.filter((one) => one != null).join(', ')}`;
    }
    case 'report':
      return `say ${action.event}`;
    default:
      return action.kind;
  }
}

/** What people are told of one issue. */
export function reasonFor(snapshot: Snapshot, key: string): string {
  return checkedDecision(snapshot).issues.find((view) => view.key === key)?.verdict.reason ?? '';
}
