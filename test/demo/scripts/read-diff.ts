/** The lines that a unified diff adds, with their numbers in the new version of each file. */

export interface AddedLine {
  readonly path: string;
  readonly line: number;
  readonly text: string;
}

export interface ReadDiff {
  /** Files of the new version; deleted ones are not among them. */
  readonly paths: readonly string[];
  readonly added: readonly AddedLine[];
}

export function readDiff(diff: string): ReadDiff {
  const paths: string[] = [];
  const added: AddedLine[] = [];
  let path: string | null = null;
  let line = 0;
  let oldLeft = 0;
  let newLeft = 0;
  for (const text of diff.split('\n')) {
    // Inside a hunk everything is content, also what looks like a header.
    if (oldLeft > 0 || newLeft > 0) {
      const mark = text.charAt(0);
      if (mark === '\\') continue;
      if (mark === '+' && path !== null) added.push({ path, line, text: text.slice(1) });
      if (mark !== '-') {
        line += 1;
        newLeft -= 1;
      }
      if (mark !== '+') oldLeft -= 1;
      continue;
    }
    const hunk = /^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(text);
    if (hunk !== null) {
      oldLeft = Number(hunk[1] ?? 1);
      line = Number(hunk[2]);
      newLeft = Number(hunk[3] ?? 1);
    } else if (text.startsWith('+++ ')) {
      path = text.startsWith('+++ b/') ? text.slice('+++ b/'.length) : null;
      if (path !== null) paths.push(path);
    }
  }
  return { paths, added };
}

/** The change that the message of a judge shows. */
export function changeIn(opening: string): ReadDiff {
  const diff = /\n<untrusted from="diff">\n([\s\S]*?)\n<\/untrusted>/.exec(opening)?.[1];
  const change = readDiff(diff ?? '');
  if (change.paths.length === 0) throw new Error('The message holds no change to judge.');
  return change;
}
