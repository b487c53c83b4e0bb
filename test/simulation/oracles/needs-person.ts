/** Paths that no agent may change without a person, written down here once more so that the product's own list is not asked. */
const GUARDED = [
  /^\.github\//,
  /(^|\/)package(-lock)?\.json$/,
  /(^|\/)(agents|claude)\.md$/i,
  /(^|\/)codeowners$/i,
  /^heartline\.yaml$/,
];

export function needsPerson(path: string): boolean {
  return GUARDED.some((guarded) => guarded.test(path));
}
