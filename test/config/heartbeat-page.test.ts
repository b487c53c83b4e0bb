/** HEARTBEAT.md is held against the duties of the code: same headings, same order. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultLine } from '../../src/config/fault-line.ts';
import { readHeartbeatPage } from '../../src/config/heartbeat-page.ts';
import { changed, PAGE } from './config-folder.ts';

const cases = [
  {
    name: 'two duties swapped',
    from: '## Care\n## Merge\n',
    to: '## Merge\n## Care\n',
    says: /^HEARTBEAT\.md:10: expected the heading "## Care" here; found "## Merge"\. The order is Reconcile, Steer,/,
  },
  {
    name: 'a duty missing',
    from: '## Report\n',
    to: '',
    says: /expected the heading "## Report" here; found "## Never"/,
  },
  {
    name: 'a duty of its own',
    from: '## Never\n',
    to: '## Celebrate\n## Never\n',
    says: /expected the heading "## Never" here; found "## Celebrate"/,
  },
  {
    name: 'nothing after the promises',
    from: '## Standing orders\n',
    to: '',
    says: /expected the heading "## Standing orders" here; found the end of the page/,
  },
  {
    name: 'an unknown duty switched',
    from: 'review: off',
    to: 'reviews: off',
    says: /^HEARTBEAT\.md:3 duties\.reviews: expected one of the keys .*Did you mean review\?/,
  },
  {
    name: 'a duty half on',
    from: 'review: off',
    to: 'review: maybe',
    says: /^HEARTBEAT\.md:3 duties\.review: expected on or off; found "maybe"\./,
  },
  { name: 'no front matter', from: '---\ncadence', to: 'cadence', says: /^HEARTBEAT\.md:1: expected front matter/ },
  {
    name: 'endless standing orders',
    from: 'Be kind.',
    to: 'Be kind. '.repeat(1000),
    says: /Standing orders.*expected at most 8000 characters/,
  },
];

for (const { name, from, to, says } of cases) {
  test(`refused: ${name}`, () => {
    const said = readHeartbeatPage(changed(PAGE, from, to), 'HEARTBEAT.md').faults.map(faultLine);
    assert.equal(said.length, 1, said.join('\n'));
    assert.match(said[0] ?? '', says);
  });
}

test('headings inside a code block are text', () => {
  const page = readHeartbeatPage(changed(PAGE, 'Be kind.', '```\n## Not a heading\n```'), 'HEARTBEAT.md');
  assert.deepEqual(page.faults, []);
  assert.match(page.value?.standingOrders ?? '', /Not a heading/);
});

test('a page without settings has the usual ones', () => {
  const page = readHeartbeatPage(PAGE.replace(/---\n[\s\S]*?---/, '---\nduties: {}\n---'), 'HEARTBEAT.md');
  assert.equal(page.value?.cadence, '*/30 * * * * *');
  assert.equal(page.value?.duties.size, 7);
});
