/**
 * Reads HEARTBEAT.md, the operator's page: front matter says when the heart beats and which duties are on, the body
 * describes them. Its headings are held against the duties of the code, so that the page cannot drift from it.
 */
import { z } from 'zod';
import { DUTIES, type Duty } from '../domain/pipeline.ts';
import type { ConfigFault } from './config-error.ts';
import { parseStrict } from './parse-strict.ts';
import { readYaml } from './read-yaml.ts';

export interface HeartbeatPage {
  /** Cron expression; six fields mean that the first is seconds. */
  readonly cadence: string;
  readonly duties: ReadonlySet<Duty>;
  /** Free text for the prompts; empty when there is none. */
  readonly standingOrders: string;
  readonly cadenceLine: number;
}

const STANDING_ORDERS_CHARACTERS_MAX = 8000;

export function readHeartbeatPage(
  text: string,
  file: string,
): { readonly value: HeartbeatPage | null; readonly faults: readonly ConfigFault[] } {
  const match = /^---\r?\n([\s\S]*?)^---[ \t]*\r?$/m.exec(text);
  if (match === null || match.index !== 0) {
    const expected = 'front matter between two lines of ---, with cadence and duties';
    return { value: null, faults: [{ file, line: 1, key: '', expected, found: 'none', hint: null }] };
  }
  const yaml = readYaml(match[1] ?? '', file, 1);
  const parsed = yaml.value === undefined ? null : parseStrict(frontMatter, yaml, file);
  const bodyLine = match[0].split('\n').length;
  const sections = sectionsOf(text.slice(match[0].length), bodyLine);
  const orders = sections.find((section) => section.heading === STANDING_ORDERS);
  const faults = [...yaml.faults, ...(parsed?.faults ?? []), ...headingFaults(sections, file, bodyLine)];
  if (orders !== undefined && orders.body.length > STANDING_ORDERS_CHARACTERS_MAX) {
    const expected = `at most ${STANDING_ORDERS_CHARACTERS_MAX} characters, since every prompt carries them`;
    faults.push({
      file,
      line: orders.line,
      key: STANDING_ORDERS,
      expected,
      found: `${orders.body.length}`,
      hint: null,
    });
  }
  if (!parsed?.value) return { value: null, faults };
  const { cadence, duties } = parsed.value;
  return {
    value: {
      cadence,
      duties: new Set(DUTIES.filter((duty) => duties[duty])),
      standingOrders: orders?.body ?? '',
      cadenceLine: yaml.lineOf(['cadence']),
    },
    faults,
  };
}

// YAML 1.2 reads `on` as text, and a person writes it so.
const onOff = z
  .union([z.boolean(), z.enum(['on', 'off'])], 'on or off')
  .transform((value) => value === true || value === 'on')
  .default(true);

const frontMatter = z.strictObject({
  cadence: z.string().trim().min(1).default('*/30 * * * * *'),
  duties: z
    .strictObject({
      reconcile: onOff,
      steer: onOff,
      care: onOff,
      merge: onOff,
      review: onOff,
      dispatch: onOff,
      report: onOff,
    } satisfies Record<Duty, unknown>)
    .prefault({}),
});

const STANDING_ORDERS = 'Standing orders';
const HEADINGS: readonly string[] = [
  ...DUTIES.map((duty) => `${duty.charAt(0).toUpperCase()}${duty.slice(1)}`),
  'Never',
  STANDING_ORDERS,
];

interface Section {
  readonly heading: string;
  readonly line: number;
  readonly body: string;
}

function sectionsOf(body: string, firstLine: number): readonly Section[] {
  const sections: { heading: string; line: number; lines: string[] }[] = [];
  let fenced = false;
  body.split(/\r?\n/).forEach((line, index) => {
    if (line.startsWith('```')) fenced = !fenced;
    const heading = fenced ? null : /^## +(.+?) *$/.exec(line);
    if (heading?.[1] !== undefined) sections.push({ heading: heading[1], line: firstLine + index, lines: [] });
    else sections.at(-1)?.lines.push(line);
  });
  return sections.map(({ heading, line, lines }) => ({ heading, line, body: lines.join('\n').trim() }));
}

/** The first heading that is out of step is named; those behind it would only repeat the same news. */
function headingFaults(sections: readonly Section[], file: string, bodyLine: number): readonly ConfigFault[] {
  const length = Math.max(sections.length, HEADINGS.length);
  for (let index = 0; index < length; index++) {
    const wanted = HEADINGS[index];
    const section = sections[index];
    if (section?.heading === wanted) continue;
    const expected = wanted === undefined ? 'no further heading' : `the heading "## ${wanted}" here`;
    const found = section === undefined ? 'the end of the page' : `"## ${section.heading}"`;
    const hint = `The order is ${HEADINGS.join(', ')}.`;
    return [{ file, line: section?.line ?? sections.at(-1)?.line ?? bodyLine, key: '', expected, found, hint }];
  }
  return [];
}
