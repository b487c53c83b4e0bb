/** What the guard rails let through, as counts: for the test that holds them to it and for the bench that prints them. */
import { gate } from '../../src/decide/gate.ts';
import { testWeakening } from '../../src/decide/test-weakening/test-weakening.ts';
import type { DiffFacts } from '../../src/domain/pull-request.ts';
import type { Verdict } from '../../src/domain/verdict.ts';
import { HEAD, makeCheck, makeProject, makePullRequest, makeSettings, makeVerdict, NOW } from '../decide/make.ts';
import { corpus, type Sample } from '../decide/tamper/corpus.ts';
import { type GuardedDiff, guardedDiffs } from './guarded-diffs.ts';

/** The gate's verdict where everything but the diff is as one would wish. */
function verdictOn(diff: DiffFacts): Verdict {
  const { base, head, digest } = diff;
  return gate({
    now: NOW,
    settings: makeSettings(),
    project: makeProject(),
    pullRequest: makePullRequest({ base, head, checks: [makeCheck({ sha: head })] }),
    ourHead: head,
    baseBranch: 'main',
    diff,
    review: makeVerdict({ head, base, digest }),
    authorRuns: ['run-1'],
    reviewPosted: true,
    approvals: [{ sha: HEAD, by: 'Ada', at: NOW }],
    frozen: null,
  });
}

export interface PathFigures {
  readonly guarded: number;
  readonly merged: readonly string[];
  readonly honest: number;
  readonly held: readonly string[];
}

/** Which guarded diffs would merge by themselves, and which honest ones would not. */
export async function pathFigures(): Promise<PathFigures> {
  const { guarded, honest } = await guardedDiffs();
  const merges = ({ facts }: GuardedDiff): boolean => verdictOn(facts).status === 'yes';
  return {
    guarded: guarded.length,
    merged: guarded.filter(merges).map(({ name }) => name),
    honest: honest.length,
    held: honest.filter((one) => !merges(one)).map(({ name }) => name),
  };
}

export interface TamperFigures {
  readonly tamper: number;
  readonly missed: readonly string[];
  readonly honest: number;
  readonly flagged: readonly string[];
}

/** `held-out` are the samples that were not looked at while the rules were written; corpus.ts tells how they fared at first. */
export function tamperFigures(which: 'all' | 'held-out'): TamperFigures {
  const { tamper, honest } = corpus();
  const counted = (samples: readonly Sample[]): readonly Sample[] =>
    samples.filter(({ heldOut }) => which === 'all' || heldOut);
  const isFlagged = ({ files }: Sample): boolean => testWeakening(files).length > 0;
  return {
    tamper: counted(tamper).length,
    missed: counted(tamper)
      .filter((one) => !isFlagged(one))
      .map(({ name }) => name),
    honest: counted(honest).length,
    flagged: counted(honest)
      .filter(isFlagged)
      .map(({ name }) => name),
  };
}
