/** The house rules as pure functions over sources: each returns its violations as sentences, none where all is well. */
import { FLOORS } from './floors.ts';
import { type Import, reachable, type Source } from './tree.ts';

export type Sources = ReadonlyMap<string, Source>;

/** What each folder of src may import is in floors.ts. */
export function floors(sources: Sources): readonly string[] {
  return inSrc(sources).flatMap((source) => {
    const floor = FLOORS.find(({ place }) => source.path.startsWith(place));
    if (floor === undefined) return [`${source.path} is on no floor: name its folder in test/tidy/floors.ts`];
    const may = (one: Import): boolean =>
      one.inside
        ? [floor.place, ...floor.ours].some((place) => one.target.startsWith(place))
        : floor.packages.some((name) =>
            name.endsWith(':') ? one.target.startsWith(name) : one.target === name || one.target.startsWith(`${name}/`),
          );
    return source.imports
      .filter((one) => !may(one) && !isPackageFile(one))
      .map((one) => `${source.path}:${one.line} imports ${one.target}, which ${floor.place} may not`);
  });
}

/** The demonstration ships beside the sources; `heartline demo` is the one way from src to it. */
export const WAY_TO_THE_DEMO = { from: 'src/cli/demo.ts', to: 'test/demo/demo.ts' };

export function towardsTests(sources: Sources): readonly string[] {
  return inSrc(sources).flatMap((source) =>
    source.imports
      .filter(({ target, inside }) => inside && /^(test|bench)\//.test(target))
      .filter(({ target }) => source.path !== WAY_TO_THE_DEMO.from || target !== WAY_TO_THE_DEMO.to)
      .map(({ target, line }) => `${source.path}:${line} reaches for ${target}: what ships does not know its tests`),
  );
}

/** A clock, chance, the environment, the outside, or the machine's own locale and time zone. */
const IMPURE =
  /^(Date\.now|Date\(\)|new Date\(\)|Math\.random|(process|fetch|console|performance|crypto|globalThis|require|set(Timeout|Interval|Immediate)|queueMicrotask|import\.meta|Intl)\b)|\.(toLocale\w*|get(Date|Day|Hours|Minutes|FullYear|Month|TimezoneOffset))$/;

/** Domain and decide see only what they are handed. */
export function purity(sources: Sources): readonly string[] {
  return inSrc(sources)
    .filter(({ path }) => path.startsWith('src/domain/') || path.startsWith('src/decide/'))
    .flatMap(({ path, uses }) =>
      uses
        .filter(({ kind, text }) => kind === 'name' && IMPURE.test(text))
        .map(({ text, line }) => `${path}:${line} uses ${text}: put the fact into the snapshot instead`),
    );
}

/** Everything in src is reached from the program, everything beside it from a test, the demo or a script. */
export function deadFiles(sources: Sources, scripts: readonly string[]): readonly string[] {
  const live = reachable(sources, ['src/heartline.js', WAY_TO_THE_DEMO.to]);
  const tests = [...sources.keys()].filter((path) => path.endsWith('.test.ts'));
  const tried = reachable(sources, [WAY_TO_THE_DEMO.to, ...scripts, ...tests]);
  return [...sources.keys()]
    .filter((path) => !(path.startsWith('src/') ? live : tried).has(path))
    .map((path) => `${path} is imported by nothing that runs`);
}

/** Data beside the code is named, in quotes, by some source: a file nobody opens is dead too. */
export function deadData(sources: Sources, files: readonly string[], folders: readonly string[]): readonly string[] {
  const texts = [...sources.values()].map(({ text }) => text);
  return files
    .filter((path) => /^(src|test|bench)\//.test(path) && !sources.has(path))
    .filter((path) => !folders.some((folder) => path.startsWith(folder)))
    .filter((path) => !texts.some((text) => new RegExp(`['"\`/]${RegExp.escape(nameOf(path))}['"\`]`).test(text)))
    .map((path) => `${path} is opened by no source`);
}

export function types(sources: Sources): readonly string[] {
  return [...sources.values()].flatMap(({ path, uses, text }) => [
    ...uses
      .filter(({ kind }) => kind === 'any' || kind === 'non-null')
      .map((use) => `${path}:${use.line} has ${use.text}: say what it is, or check it`),
    ...[...text.matchAll(/(?:\/\/|\/?\*)\s*@ts-(ignore|expect-error|nocheck)/g)].map(
      ([, name]) => `${path} has @ts-${name}: mend the type`,
    ),
  ]);
}

const FILLER = /(^|-)(manager|service|util|utils|helper|helpers|misc|common)$/;

export function names(sources: Sources): readonly string[] {
  return [...sources.values()].flatMap(({ path, uses }) => {
    const name = nameOf(path).replace(/(\.test)?\.(ts|js)$/, '');
    return [
      ...uses.filter(({ kind }) => kind === 'default-export').map((use) => `${path}:${use.line} has ${use.text}`),
      ...(name === 'index' ? [`${path}: import the file that is meant`] : []),
      ...(FILLER.test(name) ? [`${path}: name it by what it does`] : []),
      ...(/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) ? [] : [`${path}: file names are kebab-case`]),
    ];
  });
}

/** A test that runs alone hides the others, and one that is to be written proves nothing. */
export function wholeTests(sources: Sources): readonly string[] {
  return [...sources.values()].flatMap(({ path, uses }) =>
    uses
      .filter(({ text }) => /^(test|it|describe|suite|t)\.(only|todo)$/.test(text))
      .map((use) => `${path}:${use.line} has ${use.text}`),
  );
}

export function openings(sources: Sources): readonly string[] {
  return [...sources.values()]
    .filter(({ text }) => !/^(#!.*\n)?(\/\*\*(?!\/)|\/\/ )\s*\S/.test(text))
    .map(({ path }) => `${path} does not open with a comment that says what it is for`);
}

export const LINES_MAX = 400;

export function lengths(sources: Sources): readonly string[] {
  return inSrc(sources)
    .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
    .filter(({ lines }) => lines > LINES_MAX)
    .map(({ path, lines }) => `${path} has ${lines} lines: a file has at most ${LINES_MAX}, see what can stand alone`);
}

/**
 * What no other file imports is no export, and what only tests import is no part of what ships. A type may name a part of
 * another export.
 */
export function deadExports(sources: Sources): readonly string[] {
  const shipped = inSrc(sources);
  const beside = [...sources.values()].filter((source) => !shipped.includes(source));
  return [...exportsNobodyTakes(shipped, shipped), ...exportsNobodyTakes(beside, [...sources.values()])];
}

function exportsNobodyTakes(among: readonly Source[], importers: readonly Source[]): readonly string[] {
  const imported = new Map<string, Set<string>>();
  for (const { imports } of importers) {
    for (const { target, names: taken } of imports) {
      imported.set(target, new Set([...(imported.get(target) ?? []), ...taken]));
    }
  }
  return among.flatMap(({ path, exports }) => {
    const taken = imported.get(path);
    return exports
      .filter(({ name, named }) => !named && !taken?.has('*') && !taken?.has(name))
      .map(
        ({ name }) => `${path} exports ${name}, which no other file${path.startsWith('src/') ? ' of src' : ''} imports`,
      );
  });
}

function inSrc(sources: Sources): readonly Source[] {
  return [...sources.values()].filter(({ path }) => path.startsWith('src/'));
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Data of the package itself, opened by address: package.json, config and prompts. */
function isPackageFile({ target, inside }: Import): boolean {
  return inside && !target.startsWith('src/');
}
