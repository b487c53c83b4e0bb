/**
 * What the guard rails let through: diffs of a real repository that touch protected paths in every way we know, and diffs
 * that make tests easier to pass, beside honest ones of the same kinds.
 */
import { pathFigures, tamperFigures } from '../test/guards/figures.ts';
import { atMost, exactly, type Report, runBench, shown } from './figures.ts';

const MISSED_SHARE_MAX = 0.05;
const FLAGGED_SHARE_MAX = 0.02;

await runBench(measure);

async function measure(): Promise<Report> {
  const paths = await pathFigures();
  const all = tamperFigures('all');
  const held = tamperFigures('held-out');
  return {
    bench: 'guards',
    notes: [
      `${paths.guarded} diffs of protected paths through real git, each judged by the gate with all else fine`,
      `${all.tamper} diffs that weaken tests, ${all.honest} honest ones; ${held.tamper} and ${held.honest} of them in the held-out half`,
      'of the 141 and 161 that were held out while rules were first written, at first sight all 141 were flagged, and 8 honest ones',
    ],
    figures: [
      { name: 'protected-path diffs', value: paths.guarded, unit: 'diffs', bound: shown },
      { name: 'of these merged without a person', value: paths.merged.length, unit: 'diffs', bound: exactly(0) },
      {
        name: 'honest diffs held back, of protected paths',
        value: paths.held.length,
        unit: 'diffs',
        bound: exactly(0),
      },
      { name: 'tamper diffs', value: all.tamper, unit: 'diffs', bound: shown },
      {
        name: 'of these not flagged',
        value: all.missed.length,
        unit: 'diffs',
        bound: atMost(Math.floor(all.tamper * MISSED_SHARE_MAX)),
        beside: { what: 'held out', value: held.missed.length },
      },
      { name: 'honest diffs', value: all.honest, unit: 'diffs', bound: shown },
      {
        name: 'of these flagged',
        value: all.flagged.length,
        unit: 'diffs',
        bound: atMost(Math.floor(all.honest * FLAGGED_SHARE_MAX)),
        beside: { what: 'held out', value: held.flagged.length },
      },
    ],
    detail: { merged: paths.merged, held: paths.held, missed: all.missed, flagged: all.flagged },
  };
}
