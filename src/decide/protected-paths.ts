/** Which changed files need a person: what runs in CI, decides what is installed, instructs agents, or configures us. */

/**
 * Names are compared case-folded and Unicode-normalised, because a case-insensitive checkout elsewhere would not tell
 * `.GitHub/Workflows` from the real one, and some file systems ignore invisible characters. `**` crosses folders, `*` does
 * not. `folder/**` also means the folder's own name: a link or a submodule of that name brings contents the diff hides.
 */
const ALWAYS: readonly string[] = [
  '.github/**',
  '**/codeowners',
  '**/package-lock.json',
  '**/npm-shrinkwrap.json',
  '**/yarn.lock',
  '**/pnpm-lock.yaml',
  '**/bun.lock',
  '**/bun.lockb',
  '**/cargo.lock',
  '**/go.sum',
  '**/poetry.lock',
  '**/uv.lock',
  '**/gemfile.lock',
  '**/composer.lock',
  '**/package.json',
  '**/makefile',
  '**/.npmrc',
  '**/bunfig.toml',
  '**/.husky/**',
  '**/.githooks/**',
  '**/.claude/**',
  '**/.claude.json',
  '**/.codex/**',
  '**/.cursor/**',
  '**/.mcp.json',
  '**/.vscode/**',
  '**/.gitmodules',
  '**/.gitattributes',
  '**/.ripgreprc',
  '**/claude.md',
  '**/claude.local.md',
  '**/agents.md',
  '**/gemini.md',
  '**/heartline.yaml',
  '**/heartbeat.md',
  '.ci/**',
  '.gitlab-ci.yml',
  '.circleci/**',
  'jenkinsfile',
];

/** The files of a diff that need a person's approval, in the order given. */
export function protectedFiles(files: readonly string[], extra: readonly string[]): readonly string[] {
  const globs = [...ALWAYS, ...extra].map(toExpression);
  return files.filter((file) => {
    const folded = fold(file);
    return globs.some((glob) => glob.test(folded));
  });
}

function fold(path: string): string {
  return path
    .normalize('NFKC')
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .toLowerCase();
}

function toExpression(glob: string): RegExp {
  const folded = fold(glob);
  const folder = folded.endsWith('/**');
  const source = (folder ? folded.slice(0, -'/**'.length) : folded)
    .split('**/')
    .map((part) =>
      part
        .split('**')
        .map((piece) => piece.split('*').map(literal).join('[^/]*'))
        .join('.*'),
    )
    .join('(?:.*/)?');
  // A file name may hold a line break, which `.` and `$` would otherwise stop at.
  return new RegExp(`^${source}${folder ? '(?:/.*)?' : ''}$`, 'su');
}

function literal(text: string): string {
  return text.replace(/[\\^$.|?+()[\]{}]/g, '\\$&');
}
