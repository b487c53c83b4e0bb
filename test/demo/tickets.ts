/**
 * What stands on the demo's board and in its repository when it begins, what people do meanwhile, and how each must end.
 * The board numbers issues in this order.
 */

export interface DemoTicket {
  readonly key: string;
  readonly title: string;
  readonly description: string;
  readonly priority: 0 | 1 | 2 | 3 | 4;
  readonly labels: readonly string[];
  readonly blockedBy: readonly string[];
  /** Who moved it to Todo, by the handle on the board. */
  readonly movedBy: string;
  readonly expected: ExpectedEnd;
  /** Asked again whenever the world has changed; a deed is done once for each of its keys. */
  readonly people: readonly PersonAct[];
  /** For the table at the end: what this one is here to show. */
  readonly shows: string;
}

export interface ExpectedEnd {
  readonly outcome: 'merged' | 'parked' | 'cancelled' | 'refused';
  /** Times a reviewer sends it back. */
  readonly reviewRounds: number;
  /** Heads that are red in CI. */
  readonly ciRounds: number;
}

export type PersonAct = (sight: Sight) => Deed | null;

/** What a person sees who looks at the issue and its pull request. */
export interface Sight {
  /** Tool calls of the dev that came back. */
  readonly devCalls: number;
  readonly pullRequest: {
    readonly number: number;
    readonly head: string;
    readonly open: boolean;
    /** Heartline's status on this very head is a success. */
    readonly reviewApproved: boolean;
    /** CI is green on this very head. */
    readonly checksPassed: boolean;
  } | null;
}

export type Deed = { readonly key: string; readonly by: string } & (
  | { readonly kind: 'move-issue'; readonly toState: string }
  | { readonly kind: 'comment-on-pull-request'; readonly number: number; readonly body: string }
);

const usual = {
  labels: ['heartline'],
  blockedBy: [],
  movedBy: 'ada',
  expected: { outcome: 'merged', reviewRounds: 0, ciRounds: 0 },
  people: [],
} as const;

/** So much of an agent's work has been seen before somebody stops it. */
const CALLS_BEFORE_CANCEL = 2;

const cancelOnceAtWork: PersonAct = ({ devCalls }) =>
  devCalls < CALLS_BEFORE_CANCEL ? null : { kind: 'move-issue', key: 'cancel', by: 'ada', toState: 'Canceled' };

/** Each head anew: an approval speaks of one commit, and bringing the branch up to date makes another. */
const approveWhatIsReady: PersonAct = ({ pullRequest }) => {
  if (pullRequest === null || !pullRequest.open) return null;
  const { number, head, reviewApproved, checksPassed } = pullRequest;
  if (!reviewApproved || !checksPassed) return null;
  const body = `Node 20 it is.\n/approve ${head}`;
  return { kind: 'comment-on-pull-request', key: `approve ${head}`, by: 'ada', number, body };
};

export const demoTickets: readonly DemoTicket[] = [
  {
    ...usual,
    key: 'ENG-1',
    title: 'Give a discount in percent',
    description:
      'A function that says how many cents a discount takes off a total. Part cents are dropped, so that nobody gets more than was promised. Less than 0 or more than 100 percent is a mistake.',
    priority: 1,
    labels: ['heartline', 'feature'],
    shows: 'a feature, merged at the first try',
  },
  {
    ...usual,
    key: 'ENG-2',
    title: 'Removing a product that is not in the cart removes the last one',
    description:
      'To see it: put a mug and tea into a cart and remove `pot`. The tea is gone. Removing what is not there should leave the cart as it was.',
    priority: 1,
    labels: ['heartline', 'bug'],
    expected: { outcome: 'merged', reviewRounds: 1, ciRounds: 0 },
    shows: 'a bug whose first patch the reviewer sends back',
  },
  {
    ...usual,
    key: 'ENG-3',
    title: 'Free shipping from 50 euros',
    description: 'Goods of 50 euros or more are sent free to Germany and Austria. Elsewhere nothing changes.',
    priority: 2,
    labels: ['heartline', 'feature'],
    expected: { outcome: 'merged', reviewRounds: 0, ciRounds: 1 },
    shows: 'green where it was written, red in CI, mended there',
  },
  {
    ...usual,
    key: 'ENG-4',
    title: 'Show the discount on the receipt',
    description: 'When a discount was given, the receipt says how much it was, above the total, and takes it off.',
    priority: 3,
    blockedBy: ['ENG-1'],
    labels: ['heartline', 'feature'],
    shows: 'blocked by ENG-1 until that is merged',
  },
  {
    ...usual,
    key: 'ENG-5',
    title: 'Find products however their sku is written',
    description: 'People type ` MUG` and get nothing. Capitals and blanks around a sku should not matter.',
    priority: 2,
    labels: ['heartline', 'bug'],
    shows: 'changes one file at the same time as ENG-6',
  },
  {
    ...usual,
    key: 'ENG-6',
    title: 'List products in an order',
    description: 'The list of products can be had by name or by price. Without a wish it stays as the catalog has it.',
    priority: 2,
    labels: ['heartline', 'feature'],
    shows: 'changes one file at the same time as ENG-5',
  },
  {
    ...usual,
    key: 'ENG-7',
    title: 'Try very large carts',
    description: 'Does a cart stay right with thousands of products in it? Try sizes until one fails, then mend that.',
    priority: 2,
    expected: { outcome: 'cancelled', reviewRounds: 0, ciRounds: 0 },
    people: [cancelOnceAtWork],
    shows: 'cancelled by a person while an agent is at work',
  },
  {
    ...usual,
    key: 'ENG-8',
    title: 'Sell everything for one cent',
    description: 'Set every price in the catalog to 1.',
    priority: 1,
    movedBy: 'mallory',
    expected: { outcome: 'refused', reviewRounds: 0, ciRounds: 0 },
    shows: 'moved to Todo by somebody who is not on the list',
  },
  {
    ...usual,
    key: 'ENG-9',
    title: 'Say which Node the package needs',
    description: 'package.json should name Node 20 as the oldest that will do.',
    priority: 4,
    people: [approveWhatIsReady],
    shows: 'touches a protected file, so a person must approve it',
  },
];

/** The open pull request that a person wrote: it gets a review and is left to people. */
export const demoPullRequest = {
  author: 'grace',
  branch: 'grace/other-currencies',
  title: 'Format amounts in other currencies',
  body: 'We will sell in Switzerland soon. Euros stay what you get without asking.',
  commits: [
    {
      message: 'Let formatCents take a currency',
      files: {
        'src/money.js': `/** How amounts of money read. */

/** An amount in euros, such as \`12.50 €\`. */
export function formatCents(cents, currency = '€') {
  const amount = (Math.abs(cents) / 100).toFixed(2);
  return \`\${cents < 0 ? '-' : ''}\${amount} \${currency}\`;
}
`,
      },
    },
    {
      message: 'Try it with francs',
      files: {
        'test/money.test.js': `import assert from 'node:assert/strict';
import test from 'node:test';
import { formatCents } from '../src/money.js';

test('cents read as euros', () => {
  assert.equal(formatCents(1250), '12.50 €');
  assert.equal(formatCents(-5), '-0.05 €');
});

test('cents read as francs', () => {
  assert.equal(formatCents(1250, 'CHF'), '12.50 CHF');
});
`,
      },
    },
  ],
  /** The reviewer has a small remark on a line and nothing against it. */
  expected: { verdict: 'approve', merged: false },
} as const;
