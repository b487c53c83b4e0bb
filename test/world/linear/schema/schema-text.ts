/**
 * Turns the type declarations shipped inside `@linear/sdk` back into GraphQL schema text. The declarations were made
 * from Linear's schema and keep everything but descriptions, default values and webhook payloads.
 */
import ts from 'typescript-5';

/** `source` is the text of the declaration file that contains `type QueryIssuesArgs`. */
export function schemaTextFromDeclarations(source: string): string {
  const declarations = readDeclarations(source);
  const written: string[] = [];
  for (const name of reachableNames(declarations)) written.push(printType(name, declarations));
  return `${written.join('\n\n')}\n`;
}

interface Declarations {
  readonly scalars: ReadonlySet<string>;
  readonly enums: ReadonlyMap<string, readonly string[]>;
  /** Type aliases by name, without the argument lists. */
  readonly aliases: ReadonlyMap<string, Alias>;
  /** `<Type><Field>Args` by its name in lower case, for the declarations respell `attachmentsForURL` as `ForUrl`. */
  readonly arguments: ReadonlyMap<string, readonly Member[]>;
  /** Names that stand left of an `&` in some object: the interfaces. */
  readonly interfaces: ReadonlySet<string>;
}

type Alias =
  | {
      readonly kind: 'members';
      readonly object: boolean;
      readonly parents: readonly string[];
      readonly members: readonly Member[];
    }
  | { readonly kind: 'union'; readonly of: readonly string[] };

interface Member {
  readonly name: string;
  readonly type: string;
  readonly optional: boolean;
}

const builtInScalars = new Set(['ID', 'String', 'Boolean', 'Int', 'Float']);

function readDeclarations(source: string): Declarations {
  const file = ts.createSourceFile('linear.d.mts', source, ts.ScriptTarget.Latest);
  const scalars = new Set<string>();
  const enums = new Map<string, readonly string[]>();
  const aliases = new Map<string, Alias>();
  const argumentLists = new Map<string, readonly Member[]>();
  const interfaces = new Set<string>();
  for (const statement of file.statements) {
    if (ts.isEnumDeclaration(statement)) {
      enums.set(statement.name.text, statement.members.flatMap(enumValue));
    } else if (ts.isTypeAliasDeclaration(statement)) {
      const name = statement.name.text;
      if (name === 'Scalars' && ts.isTypeLiteralNode(statement.type)) {
        for (const member of statement.type.members) {
          if (member.name && ts.isIdentifier(member.name)) scalars.add(member.name.text);
        }
        continue;
      }
      // Query results and fragments are declared in the same file by the same means; they are not of the schema.
      if (statement.typeParameters || /(Fragment|Query|Mutation|QueryVariables|MutationVariables)$/.test(name)) {
        if (name !== 'Query' && name !== 'Mutation') continue;
      }
      const alias = readAlias(name, statement.type);
      if (!alias) continue;
      if (name.endsWith('Args') && alias.kind === 'members' && !alias.object) {
        argumentLists.set(name.toLowerCase(), alias.members);
      }
      aliases.set(name, alias);
      if (alias.kind === 'members') for (const parent of alias.parents) interfaces.add(parent);
    }
  }
  return { scalars, enums, aliases, arguments: argumentLists, interfaces };
}

function enumValue(member: ts.EnumMember): string[] {
  return member.initializer && ts.isStringLiteral(member.initializer) ? [member.initializer.text] : [];
}

function readAlias(name: string, node: ts.TypeNode): Alias | null {
  if (ts.isTypeLiteralNode(node)) {
    return { kind: 'members', object: hasTypeName(node, name), parents: [], members: readMembers(node) };
  }
  if (ts.isIntersectionTypeNode(node)) {
    const body = node.types.find(ts.isTypeLiteralNode);
    const parents = node.types.filter(ts.isTypeReferenceNode).map(referenceName);
    if (!body || parents.length + 1 !== node.types.length) return null;
    return { kind: 'members', object: hasTypeName(body, name), parents, members: readMembers(body) };
  }
  if (ts.isUnionTypeNode(node) && node.types.every(ts.isTypeReferenceNode)) {
    return { kind: 'union', of: node.types.filter(ts.isTypeReferenceNode).map(referenceName) };
  }
  // A union of one member is declared as a plain alias.
  if (ts.isTypeReferenceNode(node) && !node.typeArguments) return { kind: 'union', of: [referenceName(node)] };
  return null;
}

function hasTypeName(node: ts.TypeLiteralNode, name: string): boolean {
  return node.members.some(
    (member) =>
      ts.isPropertySignature(member) &&
      ts.isIdentifier(member.name) &&
      member.name.text === '__typename' &&
      member.type !== undefined &&
      ts.isLiteralTypeNode(member.type) &&
      ts.isStringLiteral(member.type.literal) &&
      member.type.literal.text === name,
  );
}

function readMembers(node: ts.TypeLiteralNode): Member[] {
  const members: Member[] = [];
  for (const member of node.members) {
    if (!ts.isPropertySignature(member) || !member.type || !ts.isIdentifier(member.name)) continue;
    if (member.name.text === '__typename') continue;
    const type = graphqlType(member.type);
    if (type !== null) members.push({ name: member.name.text, type, optional: member.questionToken !== undefined });
  }
  return members;
}

/** Null for what GraphQL has no word for; such a member cannot come from the schema. */
function graphqlType(node: ts.TypeNode): string | null {
  if (ts.isTypeReferenceNode(node)) {
    const name = referenceName(node);
    const inner = node.typeArguments?.[0];
    if (name === 'Maybe' || name === 'InputMaybe') return inner ? withoutBang(graphqlType(inner)) : null;
    if (name === 'Array') {
      const item = inner ? graphqlType(inner) : null;
      return item === null ? null : `[${item}]!`;
    }
    return `${name}!`;
  }
  if (ts.isIndexedAccessTypeNode(node) && ts.isLiteralTypeNode(node.indexType)) {
    const literal = node.indexType.literal;
    return ts.isStringLiteral(literal) ? `${literal.text}!` : null;
  }
  return null;
}

function withoutBang(type: string | null): string | null {
  return type?.endsWith('!') ? type.slice(0, -1) : type;
}

function referenceName(node: ts.TypeReferenceNode): string {
  return ts.isIdentifier(node.typeName) ? node.typeName.text : '';
}

function namesIn(type: string): string {
  return type.replace(/[[\]!]/g, '');
}

function argumentsOf(type: string, field: string, declarations: Declarations): readonly Member[] {
  return declarations.arguments.get(`${type}${field}args`.toLowerCase()) ?? [];
}

/** Everything Query and Mutation can lead to; an interface leads to every object that implements it. */
function reachableNames(declarations: Declarations): string[] {
  const seen = new Set<string>();
  const waiting = ['Query', 'Mutation'];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (seen.has(name) || builtInScalars.has(name)) continue;
    seen.add(name);
    const alias = declarations.aliases.get(name);
    if (!alias) continue;
    if (alias.kind === 'union') {
      waiting.push(...alias.of);
      continue;
    }
    waiting.push(...alias.parents);
    for (const member of alias.members) {
      waiting.push(namesIn(member.type));
      for (const argument of argumentsOf(name, member.name, declarations)) waiting.push(namesIn(argument.type));
    }
    if (declarations.interfaces.has(name)) {
      for (const [other, candidate] of declarations.aliases) {
        if (candidate.kind === 'members' && candidate.parents.includes(name)) waiting.push(other);
      }
    }
  }
  return [...seen].sort();
}

function printType(name: string, declarations: Declarations): string {
  if (declarations.scalars.has(name)) return `scalar ${name}`;
  const values = declarations.enums.get(name);
  if (values) return `enum ${name} {\n${values.map((value) => `  ${value}`).join('\n')}\n}`;
  const alias = declarations.aliases.get(name);
  if (!alias) throw new Error(`The declarations of @linear/sdk use "${name}" without declaring it.`);
  if (alias.kind === 'union') return `union ${name} = ${alias.of.join(' | ')}`;
  const isInterface = declarations.interfaces.has(name) && !alias.object;
  if (!isInterface && !alias.object) return `input ${name} {\n${alias.members.map(printInput).join('\n')}\n}`;
  const fields = alias.members.map((member) => {
    const list = argumentsOf(name, member.name, declarations).map((argument) => printInput(argument).trim());
    return `  ${member.name}${list.length > 0 ? `(${list.join(', ')})` : ''}: ${member.type}`;
  });
  const parents = alias.parents.length > 0 ? ` implements ${alias.parents.join(' & ')}` : '';
  return `${isInterface ? 'interface' : 'type'} ${name}${parents} {\n${fields.join('\n')}\n}`;
}

/** An optional member may be left out, so it cannot be required, whatever its type says. */
function printInput(member: Member): string {
  return `  ${member.name}: ${member.optional ? withoutBang(member.type) : member.type}`;
}
