/** The schema made from the installed SDK takes every document the SDK can send, and refuses what is not in it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linearSdkDocuments } from './schema/linear-schema.ts';
import { validateDocument } from './validate-documents.ts';

test('every document of the installed SDK validates', () => {
  const documents = linearSdkDocuments();
  const refused = [...documents].flatMap(([name, text]) => {
    const problems = validateDocument(text);
    return problems.length > 0 ? [`${name}: ${problems[0]}`] : [];
  });
  assert.deepEqual(refused, []);
  assert.equal(documents.size, 674);
});

const refusals: readonly { readonly name: string; readonly document: string; readonly says: RegExp }[] = [
  { name: 'an unknown field', document: '{ viewer { shoeSize } }', says: /Cannot query field "shoeSize"/ },
  { name: 'an unknown argument', document: '{ issues(top: 5) { nodes { id } } }', says: /Unknown argument "top"/ },
  { name: 'an unknown filter', document: '{ issues(filter: { mood: { eq: "x" } }) { nodes { id } } }', says: /"mood"/ },
  { name: 'a missing argument', document: '{ issue { id } }', says: /argument "id"/ },
  { name: 'a record without fields', document: '{ viewer }', says: /must have a selection of subfields/ },
  { name: 'what is no GraphQL', document: '{ viewer {', says: /Syntax Error/ },
];
for (const { name, document, says } of refusals) {
  test(`a document with ${name} is refused`, () => {
    assert.match(validateDocument(document).join('\n'), says);
  });
}
