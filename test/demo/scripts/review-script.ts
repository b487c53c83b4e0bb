/**
 * The review agent of the demo. It knows nothing of issues: it reads the change in its message, looks at the files, and
 * judges what is there. So it can be asked again after every update of a branch.
 */
import { finish, readFile, runCommand } from '../../world/models/agent-steps.ts';
import type { Script, ScriptedRequest } from '../../world/models/conversation.ts';
import { byRound, callsOf, steps, together, userTexts } from '../../world/models/scripted-agent.ts';
import { type AddedLine, changeIn, type ReadDiff } from './read-diff.ts';

export const reviewScript: Script = byRound(
  /^The change, from [0-9a-f]+ to [0-9a-f]+, which is checked out:$/m,
  (request) => {
    const change = changeIn(userTexts(request)[0] ?? '');
    const suspects = flaws.flatMap((flaw) =>
      change.added
        .filter((added) => flaw.path.test(added.path) && flaw.line.test(added.text))
        .map((added) => ({ flaw, added })),
    );
    return steps(
      together(...change.paths.map(readFile)),
      ...(suspects.length === 0 ? [] : [together(...suspects.map(({ added }) => runCommand(lookup(added))))]),
      finish((seen) => verdict(change, suspects, seen)),
    )(request);
  },
);

interface Flaw {
  readonly path: RegExp;
  readonly line: RegExp;
  readonly severity: 'blocker' | 'major' | 'minor';
  readonly comment: string;
}

/** A minor one is said and does not stand in the way. */
const flaws: readonly Flaw[] = [
  {
    path: /^src\//,
    line: /\b[a-z]+\.lines\.(splice|push|pop|shift|unshift|sort|reverse)\(/,
    severity: 'major',
    comment:
      'This changes the cart that was given. AGENTS.md asks for a new cart: use `toSpliced` and leave the old one.',
  },
  {
    path: /^test\//,
    line: /^\s*assert\.ok\(removeItem\(.*\)\);$/,
    severity: 'major',
    comment: 'This would pass with the bug as well, because every cart is truthy. Compare its lines with those before.',
  },
  {
    path: /^src\/money\.js$/,
    line: /^export function formatCents\(cents, currency/,
    severity: 'minor',
    comment: 'The comment above still promises euros. Say there what `currency` is: a sign or a code.',
  },
];

interface Suspect {
  readonly flaw: Flaw;
  readonly added: AddedLine;
}

interface Finding {
  readonly path: string;
  readonly line: number | null;
  readonly severity: Flaw['severity'];
  readonly comment: string;
}

function lookup({ path, text }: AddedLine): string {
  const quote = (value: string) => `'${value.replaceAll("'", "'\\''")}'`;
  return `grep -nxF -e ${quote(text)} -- ${quote(path)}`;
}

function verdict(change: ReadDiff, suspects: readonly Suspect[], seen: ScriptedRequest): object {
  const findings: readonly Finding[] = [...untested(change), ...suspects.map((suspect) => proven(suspect, seen))];
  const blocking = findings.filter((finding) => finding.severity !== 'minor').length;
  return {
    decision: blocking === 0 ? 'approve' : 'request-changes',
    summary:
      blocking === 0
        ? `Read ${change.paths.join(', ')}: it does what was asked, with tests where there is something to test.`
        : `${blocking} ${blocking === 1 ? 'thing has' : 'things have'} to be mended before this is merged.`,
    findings,
  };
}

function untested({ paths }: ReadDiff): readonly Finding[] {
  const source = paths.find((path) => path.startsWith('src/'));
  if (source === undefined || paths.some((path) => path.startsWith('test/'))) return [];
  return [
    { path: source, line: null, severity: 'major', comment: 'No test shows this. Add one that fails without it.' },
  ];
}

/** Only what stands in the checkout is reported, on the line where it stands there. */
function proven({ flaw, added }: Suspect, seen: ScriptedRequest): Finding {
  const answer = callsOf(seen, 'bash', { command: lookup(added) }).findLast((call) => call.outcome === 'succeeded');
  const lines = [...(answer?.text ?? '').matchAll(/^(\d+):/gm)].map(([, number]) => Number(number));
  if (!lines.includes(added.line)) {
    throw new Error(`The diff adds a line at ${added.path}:${added.line} that the checkout does not have there.`);
  }
  return { path: added.path, line: added.line, severity: flaw.severity, comment: flaw.comment };
}
