// Makes openapi.slice.json, the part of GitHub's own OpenAPI description that the stand-in uses, from one pinned package.
// `node test/world/github/slice-openapi.ts` writes it; with `--check` it is made again and must be equal byte for byte.
// The package is never installed: it is 385 MB unpacked, and one file of it is all we want.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { usedOperations } from './used-operations.ts';

const package_ = '@octokit/openapi@23.0.2';
const tarballSha512 = 'pV8M7L9GY23AybNvTmo2nyjmpmnt6+2sRE/tqr0ZLQcPS4lnw7u5eZGNmwRNkBC3D7gZXbFx5AHzLUVRBXGDhg==';
const describedIn = 'package/generated/api.github.com.json';
const descriptionBytesMax = 64 * 1024 * 1024;
const sliceFile = new URL('openapi.slice.json', import.meta.url);

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type JsonObject = { readonly [key: string]: Json };

/** The slice as text: only the named operations, what they reach, and none of the prose and examples. */
function sliceDescription(whole: JsonObject, operationIds: readonly string[]): string {
  const wanted = new Set(operationIds);
  const paths: Record<string, Record<string, Json>> = {};
  for (const [path, methods] of Object.entries(asObject(whole.paths))) {
    for (const [method, operation] of Object.entries(asObject(methods))) {
      const id = asObject(operation).operationId;
      if (typeof id !== 'string' || !wanted.delete(id)) continue;
      const { operationId, parameters, requestBody, responses } = asObject(operation);
      const kept: Record<string, Json> = { operationId: operationId ?? null };
      if (parameters !== undefined) kept.parameters = withoutProse(parameters);
      if (requestBody !== undefined) kept.requestBody = withoutProse(requestBody);
      if (responses !== undefined) kept.responses = withoutProse(responses);
      paths[path] = { ...paths[path], [method]: kept };
    }
  }
  if (wanted.size > 0) throw new Error(`${package_} describes no operation named ${[...wanted].join(', ')}`);
  const components = reachableComponents(whole, paths);
  const slice = { openapi: whole.openapi ?? null, info: whole.info ?? null, paths, components };
  return `${JSON.stringify(sorted(withoutKeys(slice, ['description', 'license', 'contact', 'termsOfService'])))}\n`;
}

function reachableComponents(whole: JsonObject, paths: Json): JsonObject {
  const components: Record<string, Record<string, Json>> = {};
  const queue = referencesIn(paths);
  for (let reference = queue.pop(); reference !== undefined; reference = queue.pop()) {
    const [, , kind, name] = reference.split('/');
    if (kind === undefined || name === undefined) throw new Error(`cannot follow the reference ${reference}`);
    const group = components[kind] ?? {};
    components[kind] = group;
    if (group[name] !== undefined) continue;
    const part = asObject(asObject(whole.components)[kind])[name];
    if (part === undefined) throw new Error(`the description has no ${reference}`);
    group[name] = withoutProse(part);
    queue.push(...referencesIn(group[name]));
  }
  return components;
}

function referencesIn(value: Json | undefined): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === '$ref' && typeof inner === 'string' ? [inner] : referencesIn(inner),
  );
}

/** Prose keys are dropped only where they are keywords: a property may well be *named* `description`. */
function withoutProse(value: Json, keysAreNames = false): Json {
  if (Array.isArray(value)) return value.map((item) => withoutProse(item));
  if (!isObject(value)) return value;
  const kept: Record<string, Json> = {};
  for (const [key, inner] of Object.entries(value)) {
    if (!keysAreNames && ['description', 'example', 'examples', 'externalDocs', 'title', 'x-github'].includes(key))
      continue;
    kept[key] = withoutProse(inner, !keysAreNames && key === 'properties');
  }
  return kept;
}

function withoutKeys(value: { readonly info: Json; readonly [key: string]: Json }, keys: readonly string[]): Json {
  const info = Object.fromEntries(Object.entries(asObject(value.info)).filter(([key]) => !keys.includes(key)));
  return { ...value, info };
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asObject(value: Json | undefined): JsonObject {
  if (!isObject(value)) throw new Error('the description is not shaped as expected');
  return value;
}

function fetchDescription(): JsonObject {
  const folder = mkdtempSync(join(tmpdir(), 'openapi-'));
  try {
    execFileSync('npm', ['pack', package_, '--ignore-scripts', '--silent'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
    if (tarball === undefined) throw new Error(`npm pack ${package_} left no tarball`);
    const found = createHash('sha512')
      .update(readFileSync(join(folder, tarball)))
      .digest('base64');
    if (found !== tarballSha512)
      throw new Error(`${package_} is not the pinned one: expected sha512-${tarballSha512}, found sha512-${found}`);
    const text = execFileSync('tar', ['-xzOf', join(folder, tarball), describedIn], { maxBuffer: descriptionBytesMax });
    return asObject(JSON.parse(text.toString('utf8')));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const made = sliceDescription(fetchDescription(), usedOperations);
  if (!process.argv.includes('--check')) {
    writeFileSync(sliceFile, made);
    console.log(`openapi.slice.json written: ${usedOperations.length} operations, ${made.length} bytes`);
  } else if (readFileSync(sliceFile, 'utf8') === made) {
    console.log('openapi.slice.json is current');
  } else {
    console.error(
      'openapi.slice.json is not what the pinned package gives: run node test/world/github/slice-openapi.ts',
    );
    process.exitCode = 1;
  }
}
