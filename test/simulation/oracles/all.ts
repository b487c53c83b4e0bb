/** Every oracle there is, in the order in which they are asked. */
import { money, reviews, rounds, words } from './caps.ts';
import { edges, oneWriter, pushes, stops, strangers } from './conduct.ts';
import { denied } from './denied.ts';
import { freeze } from './freeze.ts';
import { calm, drafts, flaky, remarks, said } from './manners.ts';
import { merges } from './merges.ts';
import { once } from './once.ts';
import type { OracleMaker } from './oracle.ts';
import { redMain } from './red-main.ts';
import { settled } from './settled.ts';

export const ORACLES: readonly OracleMaker[] = [
  merges,
  freeze,
  once,
  oneWriter,
  edges,
  pushes,
  stops,
  strangers,
  rounds,
  money,
  words,
  reviews,
  calm,
  drafts,
  said,
  flaky,
  remarks,
  redMain,
  denied,
  settled,
];
