/** Checks a GraphQL document of ours against the schema of the installed `@linear/sdk`. */
import { GraphQLError, parse, validate } from 'graphql';
import { linearSchema } from './schema/linear-schema.ts';

const schema = await linearSchema();

/** What is wrong with the document, one sentence each; empty when Linear would take it. */
export function validateDocument(document: string): readonly string[] {
  try {
    return validate(schema, parse(document)).map((error) => error.message);
  } catch (error) {
    if (error instanceof GraphQLError) return [error.message];
    throw error;
  }
}
