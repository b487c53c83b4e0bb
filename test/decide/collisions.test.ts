/** Which paths a ticket names, and who has to wait because somebody is at them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { collision, pathsIn } from '../../src/decide/collisions.ts';
import { issuesOf, makeBoard, makeIssue, STATES } from './make.ts';
import { acts, type Change, ready } from './ready.ts';

describe('paths in a text', () => {
  const ROWS: readonly { readonly text: string; readonly paths: readonly string[] }[] = [
    { text: 'Fix `src/cart.ts` and ./lib/money.py, please.', paths: ['src/cart.ts', 'lib/money.py'] },
    { text: 'See https://example.com/src/cart.ts or www.example.com/x.html', paths: [] },
    { text: 'Mail ada@acme.test about version 1.2.3 and 3.14', paths: [] },
    { text: 'README.md, README.md and docs/README.md', paths: ['README.md', 'docs/README.md'] },
    { text: 'e.g. this, i.e. that. Done.', paths: [] },
    { text: 'packages/a-b/src/cart.test.tsx(12)', paths: ['packages/a-b/src/cart.test.tsx'] },
    { text: '', paths: [] },
  ];
  for (const { text, paths } of ROWS)
    it(`${JSON.stringify(text)}: ${paths.join(', ') || 'none'}`, () => assert.deepEqual(pathsIn(text), paths));

  it('are bounded and quick, whatever the text', () => {
    assert.equal(pathsIn(Array.from({ length: 500 }, (_, n) => `src/file${n}.ts`).join(' ')).length, 100);
    assert.deepEqual(pathsIn('a.'.repeat(20_000)), []);
  });
});

describe('a collision', () => {
  const others = [{ key: 'ENG-1', files: ['src/cart.ts', 'docs/README.md'] }];
  const with_ = (description: string) => collision({ title: 'x', description }, others);
  it('is a file that both name', () =>
    assert.deepEqual(with_('in src/cart.ts'), { key: 'ENG-1', file: 'src/cart.ts' }));
  it('is found by a shortened path', () => assert.equal(with_('in cart.ts')?.file, 'src/cart.ts'));
  it('is not a file that only ends alike', () => assert.equal(with_('in shopping-cart.ts'), null));
  it('is not the same name in another folder', () => assert.equal(with_('in lib/cart.ts'), null));
});

describe('an issue in Todo', () => {
  const waiting = (description: string, record: Change['record'] = {}) => {
    const snapshot = ready({ record, pullRequest: { draft: false } });
    const shown = issuesOf(snapshot);
    const issue = makeIssue({ id: 'issue-2', key: 'ENG-2', description, state: STATES.todo });
    return acts({ ...snapshot, board: makeBoard([...shown, issue]) });
  };

  it('waits while a pull request of ours changes the file it names', () => {
    assert.ok(!waiting('Change src/totals.ts').some((action) => action.kind === 'claim'));
    assert.ok(waiting('Change src/other.ts').some((action) => action.kind === 'claim'));
  });

  it('waits for nobody who is parked or through', () => {
    assert.ok(
      waiting('Change src/totals.ts', { phase: 'parked', reason: 'x' }).some((action) => action.kind === 'claim'),
    );
  });

  it('is started, and the one after it that names the same file is not', () => {
    const snapshot = ready();
    const shown = issuesOf(snapshot);
    const issues = [2, 3, 4].map((n) =>
      makeIssue({
        id: `issue-${n}`,
        key: `ENG-${n}`,
        description: n === 4 ? 'docs/a.md' : 'lib/same.ts',
        createdAt: n,
      }),
    );
    const claimed = acts({
      ...snapshot,
      board: makeBoard([...shown, ...issues]),
    });
    assert.deepEqual(
      claimed.flatMap((action) => (action.kind === 'claim' ? [action.record.key] : [])),
      ['ENG-2', 'ENG-4'],
    );
  });
});
