/** Which orders of stages are accepted, and what is said of the others. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultLine } from '../../src/config/fault-line.ts';
import { readPipeline } from '../../src/config/pipelines.ts';

function read(...stages: readonly string[]) {
  return readPipeline(`name: p\nstages: [${stages.map((stage) => `{ kind: ${stage} }`).join(', ')}]\n`, 'p.yaml', 'p');
}

test('roles that are left out are the usual ones; checks may come before review; merge may be left to people', () => {
  for (const stages of [
    ['implement', 'open', 'review', 'checks', 'merge', 'done'],
    ['implement', 'open', 'checks', 'review', 'merge', 'done'],
    ['implement', 'open', 'review', 'done'],
  ]) {
    assert.deepEqual(read(...stages).faults, [], stages.join());
  }
  const stages = read('implement', 'open', 'review', 'checks', 'merge', 'done').value?.stages;
  assert.deepEqual(
    stages?.map(({ role }) => role),
    ['dev', null, 'review', 'devops', null, null],
  );
});

const cases = [
  { stages: ['implement', 'open', 'checks', 'merge', 'done'], says: /review before merge[\s\S]*review before done/ },
  { stages: ['implement', 'open', 'review', 'merge', 'done'], says: /checks before merge/ },
  { stages: ['open', 'implement', 'review', 'done'], says: /stages\[0\]: expected implement before open/ },
  {
    stages: ['implement', 'open', 'review', 'review', 'done'],
    says: /stages\[3\]: expected each kind of stage once; found review again/,
  },
  { stages: ['implement', 'open', 'review', 'checks', 'merge'], says: /expected done as the last stage; found merge/ },
  {
    stages: ['implement', 'open', 'review, role: dev', 'done'],
    says: /expected the role review, the one without write tools; found dev/,
  },
  {
    stages: ['implement, role: review', 'open', 'review', 'done'],
    says: /expected a role that may write; found review/,
  },
  {
    stages: ['implement', 'open, role: dev', 'review', 'done'],
    says: /expected no role: the heartbeat itself does open; found dev/,
  },
  {
    stages: ['implement', 'open', 'reveiw', 'done'],
    says: /stages\[2\]\.kind: expected one of .*Did you mean review\?/,
  },
];

for (const { stages, says } of cases) {
  test(`refused: ${stages.join(', ')}`, () =>
    assert.match(
      read(...stages)
        .faults.map(faultLine)
        .join('\n'),
      says,
    ));
}

test('a pipeline is called like its file', () => {
  const { faults } = readPipeline(
    'name: other\nstages: [{ kind: implement }, { kind: open }, { kind: review }, { kind: done }]',
    'p.yaml',
    'p',
  );
  assert.match(faults.map(faultLine).join(), /p\.yaml:1 name: expected p; found "other"/);
});
