// GitHub's own description of its REST API, as a judge: which operation is this, is the request right, is our answer right?
import { readFileSync } from 'node:fs';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';
import { type Document, OpenAPIBackend } from 'openapi-backend';
import { isObject } from '../json.ts';
import { type OperationId, usedOperations } from './used-operations.ts';

/** One request as it came in. */
export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  /** Parsed JSON, or undefined when there was no body. */
  readonly body: unknown;
}

/** The operation a request asks for. */
export interface Operation {
  readonly id: OperationId;
  /** `PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge` and the like. */
  readonly name: string;
}

/** A request the description allows, with numbers as numbers. */
export interface CheckedRequest {
  readonly params: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
}

/** The judge. */
export interface Contract {
  match(request: RawRequest): Operation | null;
  /** The checked request, or what is wrong with it. */
  checkRequest(request: RawRequest): CheckedRequest | readonly string[];
  /** What is wrong with an answer; empty when nothing is. */
  checkResponse(operation: OperationId, status: number, body: unknown): readonly string[];
}

type Schema = Record<string, unknown>;
type Responses = Record<string, { $ref?: string; content?: Record<string, { schema: unknown }> }>;
interface Description {
  readonly paths: Record<string, Record<string, { operationId: string; responses: Responses; requestBody?: Schema }>>;
  readonly components: { readonly responses: Record<string, Responses[string]> } & Schema;
}

const componentsId = 'https://stand-in.invalid/components';
/** Statuses any operation may answer with although the description names them for few. */
const undescribedStatuses = new Set([304, 400, 401, 403, 404, 422, 429, 500, 501, 502, 503]);

let loaded: Promise<Contract> | null = null;

/** Read and converted once per process; validators are compiled when first needed. */
export function loadContract(): Promise<Contract> {
  loaded ??= createContract();
  return loaded;
}

async function createContract(): Promise<Contract> {
  const text = readFileSync(new URL('openapi.slice.json', import.meta.url), 'utf8');
  const description = asJsonSchema(JSON.parse(text)) as Description;
  const ajv = new Ajv({ strict: false, allErrors: false, logger: false, validateFormats: true });
  formats.default(ajv);
  ajv.addSchema({ $id: componentsId, components: description.components });

  const backend = new OpenAPIBackend({
    definition: withoutResponses(description) as unknown as Document,
    quick: true,
    coerceTypes: true,
    ajvOpts: { strict: false, logger: false },
  });
  await backend.init();
  const responses = new Map<string, Responses>();
  const bodyNames = new Map<string, ReadonlySet<string>>();
  for (const methods of Object.values(description.paths)) {
    for (const operation of Object.values(methods)) {
      responses.set(operation.operationId, operation.responses);
      bodyNames.set(operation.operationId, namesInBody(operation.requestBody));
    }
  }
  const missing = usedOperations.filter((id) => !responses.has(id));
  if (missing.length > 0) throw new Error(`openapi.slice.json lacks ${missing.join(', ')}: run slice-openapi.ts`);

  const validators = new Map<string, ValidateFunction | null>();
  const validatorFor = (operation: OperationId, status: number): ValidateFunction | null | undefined => {
    const key = `${operation} ${status}`;
    const known = validators.get(key);
    if (known !== undefined) return known;
    const described = responses.get(operation)?.[String(status)];
    if (described === undefined && !undescribedStatuses.has(status)) return undefined;
    const name = described?.$ref?.split('/').pop();
    const response = name === undefined ? described : description.components.responses[name];
    const schema =
      described === undefined
        ? { $ref: '#/components/schemas/basic-error' }
        : response?.content?.['application/json']?.schema;
    const validator = schema === undefined || status === 304 ? null : ajv.compile(againstComponents(schema) as Schema);
    validators.set(key, validator);
    return validator;
  };

  return {
    match: (request) => {
      const operation = backend.matchOperation(forBackend(request));
      if (operation?.operationId === undefined) return null;
      return { id: operation.operationId as OperationId, name: `${request.method} ${operation.path}` };
    },
    checkRequest: (request) => {
      const asked = forBackend(request);
      const operation = backend.matchOperation(asked);
      const id = operation?.operationId;
      if (operation === undefined || id === undefined) return ['the description has no such operation'];
      const names = bodyNames.get(id) ?? new Set<string>();
      const unknown = isObject(request.body) ? Object.keys(request.body).filter((name) => !names.has(name)) : [];
      if (unknown.length > 0) return [`the body has fields GitHub does not know: ${unknown.join(', ')}`];
      const result = backend.validateRequest(asked, operation);
      if (!result.valid) return explain(result.errors ?? []);
      const coerced = result.coerced as unknown as {
        query?: Record<string, unknown>;
        params?: Record<string, unknown>;
      };
      const decoded = Object.entries(coerced.params ?? {}).map(([key, value]) => [key, unescaped(value)]);
      return { params: Object.fromEntries(decoded), query: coerced.query ?? {} };
    },
    checkResponse: (operation, status, body) => {
      const validate = validatorFor(operation, status);
      if (validate === undefined) return [`the description has no status ${status} for it`];
      if (validate === null)
        return body === undefined ? [] : status === 204 ? ['it has a body where none is described'] : [];
      return validate(body) ? [] : explain(validate.errors ?? []);
    },
  };
}

function forBackend(request: RawRequest) {
  // GitHub takes refs with and without escaped slashes; the router knows only one path segment.
  const path = request.path.replace(
    /^(\/repos\/[^/]+\/[^/]+\/git\/refs?\/)(.+)$/,
    (_, start: string, ref: string) => start + ref.replaceAll('/', '%2F'),
  );
  const withBody = request.body === undefined ? {} : { body: request.body };
  return { method: request.method, path, query: request.query, headers: { ...request.headers }, ...withBody };
}

function unescaped(value: unknown): unknown {
  return typeof value === 'string' && value.includes('%') ? decodeURIComponent(value) : value;
}

function namesInBody(requestBody: Schema | undefined): ReadonlySet<string> {
  const names = new Set<string>();
  const collect = (schema: unknown) => {
    if (!isObject(schema)) return;
    if (isObject(schema.properties)) for (const name of Object.keys(schema.properties)) names.add(name);
    for (const part of ['oneOf', 'anyOf', 'allOf']) if (Array.isArray(schema[part])) schema[part].forEach(collect);
  };
  const content = requestBody?.content;
  if (isObject(content) && isObject(content['application/json'])) collect(content['application/json'].schema);
  return names;
}

/** OpenAPI 3.0's own words in JSON Schema: `nullable` becomes a null type, and the discriminator says nothing of its own. */
function asJsonSchema(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asJsonSchema);
  if (!isObject(value)) return value;
  const { nullable, discriminator: _, ...rest } = value;
  const converted = Object.fromEntries(Object.entries(rest).map(([key, inner]) => [key, asJsonSchema(inner)]));
  if (nullable !== true)
    return typeof nullable === 'object' ? { ...converted, nullable: asJsonSchema(nullable) } : converted;
  if (Array.isArray(converted.enum)) converted.enum = [...converted.enum, null];
  if (typeof converted.type === 'string') return { ...converted, type: [converted.type, 'null'] };
  return { anyOf: [converted, { type: 'null' }] };
}

function againstComponents(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(againstComponents);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === '$ref' && typeof inner === 'string' ? componentsId + inner : againstComponents(inner),
    ]),
  );
}

function withoutResponses(description: Description): unknown {
  const paths = Object.fromEntries(
    Object.entries(description.paths).map(([path, methods]) => [
      path,
      Object.fromEntries(
        Object.entries(methods).map(([method, operation]) => [method, { ...operation, responses: {} }]),
      ),
    ]),
  );
  return { ...description, paths };
}

function explain(errors: readonly Partial<ErrorObject>[]): string[] {
  return errors.map((error) =>
    `${error.instancePath ?? ''} ${error.message ?? ''} ${JSON.stringify(error.params ?? {})}`.trim(),
  );
}
