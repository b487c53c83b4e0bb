/** What `npm run simulate` understands. */
import { parseArgs } from 'node:util';

export interface Options {
  readonly seeds: number;
  readonly assert: boolean;
  /** What --assert holds a run of up to 1,000 seeds against. */
  readonly minutesMax: number;
  readonly twice: boolean;
  readonly mutants: boolean;
  readonly sweep: boolean;
  readonly pairs: boolean;
  readonly shard: { readonly index: number; readonly of: number };
  readonly seed: number | null;
  readonly scenario: string | null;
  readonly kills: readonly number[];
  readonly without: readonly string[];
  /** Only these planted bugs; empty for all. */
  readonly only: readonly string[];
  readonly hunt: { readonly seeds: number; readonly aim: readonly string[]; readonly seen: number | null } | null;
}

const USAGE = `npm run simulate -- [--seeds N] [--assert [--minutes 5]] [--twice] [--no-mutants] [--mutant a,b] [--no-sweep] [--scenario name] [--shard 1/8]
npm run simulate -- --pairs [--shard 1/8] [--scenario name]
npm run simulate -- --seed N [--scenario name] [--without f*,a0]
npm run simulate -- --scenario name --kill 12,80
`;

export function readOptions(words: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...words],
    options: {
      seeds: { type: 'string', default: '100' },
      assert: { type: 'boolean', default: false },
      minutes: { type: 'string', default: '5' },
      twice: { type: 'boolean', default: false },
      'no-mutants': { type: 'boolean', default: false },
      'no-sweep': { type: 'boolean', default: false },
      pairs: { type: 'boolean', default: false },
      shard: { type: 'string', default: '1/1' },
      seed: { type: 'string' },
      scenario: { type: 'string' },
      kill: { type: 'string', default: '' },
      without: { type: 'string', default: '' },
      mutant: { type: 'string', default: '' },
      hunt: { type: 'string' },
      aim: { type: 'string', default: '' },
      seen: { type: 'string' },
    },
  });
  const [index = 1, of = 1] = values.shard.split('/').map(whole);
  return {
    seeds: whole(values.seeds),
    assert: values.assert,
    minutesMax: whole(values.minutes),
    twice: values.twice,
    mutants: !values['no-mutants'],
    sweep: !values['no-sweep'],
    pairs: values.pairs,
    shard: { index, of },
    seed: values.seed === undefined ? null : whole(values.seed),
    scenario: values.scenario ?? null,
    kills: list(values.kill).map(whole),
    without: list(values.without),
    only: list(values.mutant),
    hunt:
      values.hunt === undefined
        ? null
        : {
            seeds: whole(values.hunt),
            aim: list(values.aim),
            seen: values.seen === undefined ? null : whole(values.seen),
          },
  };
}

function list(text: string): readonly string[] {
  return text.split(',').filter((word) => word !== '');
}

function whole(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number)) throw new Error(`"${text}" is no whole number.\n${USAGE}`);
  return number;
}
