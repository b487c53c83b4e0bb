/** Which lines of the new version of a file a review comment can stand on: those that a hunk of the diff shows. */

/** `patch` as GitHub gives it for one file: hunks only, no file header. */
export function commentableLines(patch: string): ReadonlySet<number> {
  const lines = new Set<number>();
  let next = 0;
  for (const text of patch.split('\n')) {
    const hunk = /^@@ -\d+(?:,\d+)? \+(\d+)(?:,\d+)? @@/.exec(text);
    if (hunk !== null) {
      next = Number(hunk[1]);
    } else if (next > 0 && (text.startsWith('+') || text.startsWith(' '))) {
      lines.add(next);
      next += 1;
    }
  }
  return lines;
}
