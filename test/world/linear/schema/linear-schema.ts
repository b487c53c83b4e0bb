/**
 * The schema of the installed `@linear/sdk`, ready to execute. Making its text takes about a second, so it is kept in the
 * temporary folder under the hash of what it was made from; a new version of the SDK makes a new one.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSchema, type GraphQLSchema } from 'graphql';

let schema: Promise<GraphQLSchema> | null = null;

export function linearSchema(): Promise<GraphQLSchema> {
  schema ??= loadSchemaText().then((text) => buildSchema(text, { assumeValid: true, assumeValidSDL: true }));
  return schema;
}

/** Every document the SDK can send, by the name of its constant. */
export function linearSdkDocuments(): ReadonlyMap<string, string> {
  const source = readFileSync(join(sdkFolder(), 'index.mjs'), 'utf8');
  const documents = new Map<string, string>();
  for (const [, name, text] of source.matchAll(/^const (\w+Document) = new TypedDocumentString\(`([^`]*)`/gm)) {
    if (name !== undefined && text !== undefined) documents.set(name, text);
  }
  return documents;
}

async function loadSchemaText(): Promise<string> {
  const declarations = readDeclarations();
  const generator = readFileSync(new URL('./schema-text.ts', import.meta.url));
  const hash = createHash('sha256').update(declarations).update(generator).digest('hex').slice(0, 32);
  const folder = join(tmpdir(), `heartline-linear-schema-${process.getuid?.() ?? 'any'}`);
  const file = join(folder, `${hash}.graphql`);
  const kept = readIfThere(file);
  if (kept !== null) return kept;
  const { schemaTextFromDeclarations } = await import('./schema-text.ts');
  const text = schemaTextFromDeclarations(declarations);
  keep(folder, file, text);
  return text;
}

function readDeclarations(): string {
  const folder = sdkFolder();
  for (const name of readdirSync(folder)) {
    if (!/\.d\.m?ts$/.test(name)) continue;
    const text = readFileSync(join(folder, name), 'utf8');
    if (text.includes('type QueryIssuesArgs')) return text;
  }
  throw new Error(
    `No declaration file in ${folder} declares QueryIssuesArgs. Run "npm ci", or look how the SDK changed.`,
  );
}

function sdkFolder(): string {
  return dirname(fileURLToPath(import.meta.resolve('@linear/sdk')));
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

/** Written beside and then moved, so that a test starting at the same time never reads half of it. */
function keep(folder: string, file: string, text: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const half = `${file}.${process.pid}`;
    writeFileSync(half, text);
    renameSync(half, file);
  } catch {
    // A temporary folder that cannot be written costs a second at the next start and nothing else.
  }
}
