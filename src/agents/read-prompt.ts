/** One prompt: front matter says who uses it and with what, the body holds its sections as strict Liquid templates. */
import { Liquid, type Template } from 'liquidjs';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { ROLES, type Role } from '../domain/run.ts';

export interface Prompt {
  readonly role: Role;
  readonly tools: readonly string[];
  /** What `finish` hands in. */
  readonly result: 'work' | 'review' | 'audit';
  readonly system: string;
  readonly sections: readonly string[];
  /** Renders a section; a variable it names and does not get is an error. */
  render(section: string, variables: Readonly<Record<string, string>>): string;
}

/** Throws with the file's name and what is wrong in it: a prompt is checked when it is loaded, not when it is needed. */
export function readPrompt(text: string, name: string): Prompt {
  const match = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(text);
  if (match === null) throw new Error(`${name}: it must open with front matter between two lines of ---`);
  const front = frontSchema.safeParse(parseYaml(match[1] ?? ''));
  if (!front.success) throw new Error(`${name}: ${z.prettifyError(front.error)}`);
  const bodies = sectionsOf(match[2] ?? '');
  const system = bodies.get('system');
  if (system === undefined) throw new Error(`${name}: it needs a section "# system"`);
  const templates = parseSections(bodies, front.data.inputs, name);
  return {
    role: front.data.role,
    tools: front.data.tools,
    result: front.data.result,
    system,
    sections: [...templates.keys()],
    render: (section, variables) => {
      const template = templates.get(section);
      if (template === undefined) throw new Error(`${name}: there is no section "# ${section}"`);
      return tidy(String(liquid.renderSync(template, variables)));
    },
  };
}

const frontSchema = z.strictObject({
  role: z.enum(ROLES),
  tools: z.array(z.enum(['bash', 'read', 'edit', 'write', 'ask', 'finish'])).min(1),
  result: z.enum(['work', 'review', 'audit']),
  inputs: z.array(z.string()),
});

// A locale is given because asking the machine for its own costs 15 ms at every start.
const liquid = new Liquid({ strictVariables: true, strictFilters: true, locale: 'en-US' });

function sectionsOf(body: string): ReadonlyMap<string, string> {
  const parts = body.split(/^# (.+)$/m).slice(1);
  const sections = new Map<string, string>();
  for (let index = 0; index + 1 < parts.length; index += 2) {
    sections.set((parts[index] ?? '').trim(), (parts[index + 1] ?? '').trim());
  }
  return sections;
}

function parseSections(
  bodies: ReadonlyMap<string, string>,
  inputs: readonly string[],
  name: string,
): ReadonlyMap<string, Template[]> {
  const templates = new Map<string, Template[]>();
  for (const [section, body] of bodies) {
    const template = liquid.parse(body);
    const used = liquid.globalVariablesSync(template);
    // The system prompt is the front of every request: one changing word there would void every cache.
    if (section === 'system' && used.length > 0) throw new Error(`${name}: "# system" takes no variables`);
    const unknown = used.find((variable) => !inputs.includes(variable));
    if (unknown !== undefined) throw new Error(`${name}: "# ${section}" uses ${unknown}, which inputs does not list`);
    if (section !== 'system') templates.set(section, template);
  }
  return templates;
}

function tidy(text: string): string {
  return text.replaceAll(/\n{3,}/g, '\n\n').trim();
}
