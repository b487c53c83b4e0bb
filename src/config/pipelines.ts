/** Reads one file of config/pipelines/ into a Pipeline and refuses an order of stages that could not end in a safe merge. */
import { z } from 'zod';
import { type Pipeline, STAGE_KINDS, type Stage, type StageKind } from '../domain/pipeline.ts';
import { ROLES, type Role } from '../domain/run.ts';
import type { ConfigFault } from './config-error.ts';
import { parseStrict } from './parse-strict.ts';
import { readYaml } from './read-yaml.ts';

export function readPipeline(
  text: string,
  file: string,
  /** The file's name without its ending: the pipeline must be called so. */
  stem: string,
): { readonly value: Pipeline | null; readonly faults: readonly ConfigFault[] } {
  const yaml = readYaml(text, file);
  if (yaml.value === undefined) return { value: null, faults: yaml.faults };
  const parsed = parseStrict(pipelineFile, yaml, file);
  const faults = [...yaml.faults, ...parsed.faults];
  if (parsed.value === null || faults.length > 0) return { value: null, faults };
  const { name, stages: written } = parsed.value;
  const stages = written.map((stage): Stage => ({ kind: stage.kind, role: stage.role ?? DEFAULT_ROLES[stage.kind] }));
  if (name !== stem) {
    const hint = 'Rename the file or the pipeline.';
    faults.push({ file, line: yaml.lineOf(['name']), key: 'name', expected: stem, found: `"${name}"`, hint });
  }
  for (const trouble of orderTroubles(stages)) {
    const path = ['stages', ...(trouble.index === null ? [] : [trouble.index])];
    const key = trouble.index === null ? 'stages' : `stages[${trouble.index}]`;
    faults.push({ file, line: yaml.lineOf(path), key, expected: trouble.expected, found: trouble.found, hint: null });
  }
  return { value: { name, stages }, faults };
}

const pipelineFile = z.strictObject({
  name: z.string().regex(/^[\w-]+$/, 'a name of letters, digits, dashes and underscores'),
  stages: z.array(z.strictObject({ kind: z.enum(STAGE_KINDS), role: z.enum(ROLES).optional() })).min(1),
});

/** Who works in a stage when the file does not say; null where the heartbeat itself acts. */
const DEFAULT_ROLES: Readonly<Record<StageKind, Role | null>> = {
  implement: 'dev',
  open: null,
  review: 'review',
  checks: 'devops',
  audit: 'audit',
  merge: null,
  done: null,
};

/** What must have happened before a stage of this kind can be meant. Checks, review and audit may come in any order. */
const NEEDS: Readonly<Record<StageKind, readonly StageKind[]>> = {
  implement: [],
  open: ['implement'],
  review: ['open'],
  checks: ['open'],
  audit: ['open'],
  merge: ['review', 'checks'],
  done: ['review'],
};

interface OrderTrouble {
  readonly index: number | null;
  readonly expected: string;
  readonly found: string;
}

function orderTroubles(stages: readonly Stage[]): readonly OrderTrouble[] {
  const troubles: OrderTrouble[] = [];
  const kinds = stages.map((stage) => stage.kind);
  stages.forEach(({ kind, role }, index) => {
    if (kinds.indexOf(kind) < index)
      troubles.push({ index, expected: 'each kind of stage once', found: `${kind} again` });
    const missing = NEEDS[kind].filter((needed) => !kinds.slice(0, index).includes(needed));
    if (missing.length > 0)
      troubles.push({ index, expected: `${missing.join(' and ')} before ${kind}`, found: 'it missing or later' });
    if (role !== null && DEFAULT_ROLES[kind] === null)
      troubles.push({ index, expected: `no role: the heartbeat itself does ${kind}`, found: role });
    if ((kind === 'review' || kind === 'audit') && role !== kind)
      troubles.push({
        index,
        expected:
          kind === 'review' ? 'the role review, the one without write tools' : 'the role audit, which writes nothing',
        found: String(role),
      });
    if ((role === 'review' || role === 'audit') && kind !== role)
      troubles.push({ index, expected: 'a role that may write', found: `${role}, which reads only` });
    // Behind the merge it would judge what cannot be taken back.
    if (kind === 'audit' && kinds.slice(0, index).includes('merge'))
      troubles.push({ index, expected: 'audit before merge', found: 'it later' });
  });
  if (kinds.at(-1) !== 'done')
    troubles.push({ index: null, expected: 'done as the last stage', found: kinds.at(-1) ?? 'none' });
  return troubles;
}
