/** The repository as the tidiness test sees it: every file, and what each source imports, exports and uses. */
import { globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript-5';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Source {
  /** From the root of the repository, as every path here. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
  readonly exports: readonly Export[];
  /** Everything else a rule may ban, in the order of the file. */
  readonly uses: readonly Use[];
}

export interface Import {
  /** A path in the repository, or the bare name of a package or built-in. */
  readonly target: string;
  readonly inside: boolean;
  /** `*` stands for the whole module: a dynamic import, a namespace, a file named by URL. */
  readonly names: readonly string[];
  readonly line: number;
}

export interface Export {
  readonly name: string;
  /** A type may be exported so that a caller can name part of a signature; a value needs somebody who imports it. */
  readonly named: boolean;
}

export interface Use {
  readonly kind: 'any' | 'non-null' | 'default-export' | 'name';
  /** For a name: the dotted path, `Date.now`, with `new` before and `()` behind where that matters. */
  readonly text: string;
  readonly line: number;
}

/** Folders that hold no text of ours. The repository's own list of what is not kept is .gitignore. */
const NOT_OURS = ['.git', ...ignoredFolders()];

export const FILES: readonly string[] = globSync('**/*', {
  cwd: ROOT,
  exclude: (path) => NOT_OURS.includes(path.split('/').at(-1) ?? ''),
})
  .concat(globSync(['.*', '.ci/**', '.github/**'], { cwd: ROOT, exclude: (path) => NOT_OURS.includes(path) }))
  .filter((path) => statSync(join(ROOT, path)).isFile())
  .sort();

export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** Repositories that stand-ins serve are written as other people write: they are data here. */
export const SAMPLE = 'test/demo/sample/';

export const SOURCES: ReadonlyMap<string, Source> = new Map(
  FILES.filter((path) => /^(src|test|bench)\/.*\.(ts|js)$/.test(path) && !path.startsWith(SAMPLE)).map((path) => [
    path,
    sourceOf(path, read(path)),
  ]),
);

/** Every source that can be reached by imports from one of these. */
export function reachable(sources: ReadonlyMap<string, Source>, from: readonly string[]): ReadonlySet<string> {
  const seen = new Set(from);
  for (const path of seen) {
    for (const { target, inside } of sources.get(path)?.imports ?? []) if (inside) seen.add(target);
  }
  return seen;
}

export function sourceOf(path: string, text: string): Source {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true);
  const imports: Import[] = [];
  const uses: Use[] = [];
  const lineOf = (node: ts.Node): number => file.getLineAndCharacterOfPosition(node.getStart()).line + 1;
  const use = (node: ts.Node, kind: Use['kind'], words: string): void => {
    uses.push({ kind, text: words, line: lineOf(node) });
  };
  const importing = (node: ts.Node, specifier: string, names: readonly string[]): void => {
    const inside = specifier.startsWith('.');
    imports.push({ target: inside ? join(dirname(path), specifier) : specifier, inside, names, line: lineOf(node) });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier))
      importing(node, node.moduleSpecifier.text, namesOf(node.importClause));
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined)
      use(node, 'default-export', 'export … from');
    else if (ts.isExportAssignment(node)) use(node, 'default-export', 'export default');
    else if (node.kind === ts.SyntaxKind.DefaultKeyword && !ts.isDefaultClause(node.parent))
      use(node, 'default-export', 'export default');
    else if (node.kind === ts.SyntaxKind.AnyKeyword) use(node, 'any', 'any');
    else if (ts.isNonNullExpression(node)) use(node, 'non-null', `${node.expression.getText()}!`);
    else if ((ts.isVariableDeclaration(node) || ts.isPropertyDeclaration(node)) && node.exclamationToken !== undefined)
      use(node, 'non-null', `${node.name.getText()}!`);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      const { literal } = node.argument;
      if (ts.isStringLiteral(literal)) importing(node, literal.text, [node.qualifier?.getText() ?? '*']);
    }
    const named = moduleNamedBy(node);
    if (named !== null) importing(node, named, ['*']);
    const words = wordsOf(node);
    if (words !== null) use(node, 'name', words);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return { path, text, imports, exports: exportsOf(file), uses };
}

function namesOf(clause: ts.ImportClause | undefined): readonly string[] {
  const bindings = clause?.namedBindings;
  if (bindings === undefined || !ts.isNamedImports(bindings)) return ['*'];
  return bindings.elements.map((element) => (element.propertyName ?? element.name).text);
}

/** `import('./x.ts')`, and `new URL('./x.ts', import.meta.url)`, which is how child processes name their program. */
function moduleNamedBy(node: ts.Node): string | null {
  const dynamic = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
  const address =
    ts.isNewExpression(node) &&
    node.expression.getText() === 'URL' &&
    node.arguments?.[1]?.getText() === 'import.meta.url';
  if (!dynamic && !address) return null;
  const first = node.arguments?.[0];
  if (first === undefined || !ts.isStringLiteral(first)) return null;
  if (dynamic) return first.text;
  return /\.(ts|js)$/.test(first.text) ? (first.text.startsWith('.') ? first.text : `./${first.text}`) : null;
}

/** The outermost dotted name of an expression; a member's own name or a declaration's is not a use. */
function wordsOf(node: ts.Node): string | null {
  if (ts.isMetaProperty(node)) return node.getText();
  if (ts.isPropertyAccessExpression(node)) return node.getText().replaceAll('?.', '.');
  if (!ts.isIdentifier(node)) return null;
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) return null;
  if (ts.isPropertyAssignment(parent) && parent.name === node) return null;
  if (ts.isTypeNode(parent) || ts.isTypeElement(parent) || ts.isPropertyDeclaration(parent)) return null;
  if (ts.isNewExpression(parent) && parent.expression === node)
    return `new ${node.text}(${parent.arguments?.length === 0 ? '' : '…'})`;
  if (ts.isCallExpression(parent) && parent.expression === node) return `${node.text}()`;
  return node.text;
}

function exportsOf(file: ts.SourceFile): readonly Export[] {
  const exported = file.statements.filter(
    (statement) =>
      ts.canHaveModifiers(statement) &&
      ts.getModifiers(statement)?.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword),
  );
  return exported.flatMap((statement) => {
    if (ts.isVariableStatement(statement))
      return statement.declarationList.declarations.map(({ name }) => ({ name: name.getText(), named: false }));
    const isType = ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement);
    if (!isType && !ts.isFunctionDeclaration(statement) && !ts.isClassDeclaration(statement)) return [];
    const name = statement.name?.text ?? 'default';
    const named = isType && exported.some((other) => other !== statement && signatureNames(other, name));
    return [{ name, named }];
  });
}

/** Whether the outside of a declaration, bodies left out, names this type. */
function signatureNames(node: ts.Node, name: string): boolean {
  if (ts.isBlock(node)) return false;
  if (ts.isTypeReferenceNode(node) && node.typeName.getText() === name) return true;
  if (ts.isExpressionWithTypeArguments(node) && node.expression.getText() === name) return true;
  return ts.forEachChild(node, (child) => signatureNames(child, name)) ?? false;
}

function ignoredFolders(): readonly string[] {
  return readFileSync(join(ROOT, '.gitignore'), 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('/'))
    .map((line) => line.slice(0, -1));
}
