/** The shipped prompts, and what a wrong one is told when it is loaded. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import { toolSpecs } from '../../src/agents/answer-calls.ts';
import { loadPrompts } from '../../src/agents/load-prompts.ts';
import { readPrompt } from '../../src/agents/read-prompt.ts';

const prompts = await loadPrompts(path.join(import.meta.dirname, '../../prompts'));

const CAUSES = {
  dev: ['implement', 'findings', 'checks-failed', 'conflict', 'remarks', 'revert', 'crashed', 'answer'],
  devops: ['findings', 'checks-failed', 'conflict', 'crashed', 'answer'],
  review: ['review', 'crashed', 'answer'],
  audit: ['audit', 'crashed'],
};

for (const [role, prompt] of prompts) {
  test(`${role}: opens with its name and stays far below 1,300 tokens with its tools`, () => {
    assert.equal(prompt.system.split('\n', 1)[0], `You are Heartline's ${role} agent.`);
    const bytes = Buffer.byteLength(prompt.system + JSON.stringify(toolSpecs(prompt)));
    // English and JSON come to more than 3.5 bytes a token; the exact count is measured elsewhere.
    assert.ok(bytes / 3.5 < 900, `${bytes} bytes`);
  });

  test(`${role}: has its sections, and the strict schemas are the same each time`, () => {
    assert.deepEqual(new Set(prompt.sections), new Set(['context', ...(CAUSES[role as keyof typeof CAUSES] ?? [])]));
    assert.equal(JSON.stringify(toolSpecs(prompt)), JSON.stringify(toolSpecs(prompt)));
  });
}

test('a judge has nothing to write with and nobody to ask', () => {
  for (const role of ['review', 'audit'] as const) {
    assert.deepEqual(prompts.get(role)?.tools, ['bash', 'read', 'finish']);
  }
});

describe('a wrong prompt is refused when it is loaded', () => {
  const front = '---\nrole: dev\ntools: [bash]\nresult: work\ninputs: [ticket]\n---\n';
  const cases: readonly [string, string, RegExp][] = [
    ['no front matter', '# system\nx', /x\.md: it must open with front matter/],
    ['an unknown key', front.replace('role', 'colour: red\nrole'), /colour/],
    ['an unknown tool', front.replace('bash', 'browser'), /tools/],
    ['no system section', `${front}# implement\nx`, /needs a section "# system"/],
    ['a variable in the system section', `${front}# system\n{{ ticket }}`, /takes no variables/],
    ['a variable that is not an input', `${front}# system\nx\n# implement\n{{ tiket }}`, /uses tiket/],
    ['an unknown filter', `${front}# system\nx\n# implement\n{{ ticket | shout }}`, /shout/],
  ];
  for (const [name, text, expected] of cases) test(name, () => assert.throws(() => readPrompt(text, 'x.md'), expected));

  test('a folder that is not there', () =>
    assert.rejects(loadPrompts('/nowhere'), /^Error: the folder of prompts \/nowhere cannot be read \(ENOENT\)$/));

  test('a value that does not arrive is an error, and what arrives is never read as a template', () => {
    const prompt = readPrompt(`${front}# system\nx\n# implement\n<{{ ticket }}>`, 'x.md');
    assert.throws(() => prompt.render('implement', {}), /ticket/);
    assert.throws(() => prompt.render('review', {}), /no section "# review"/);
    assert.equal(prompt.render('implement', { ticket: '{{ secrets }}' }), '<{{ secrets }}>');
  });
});
