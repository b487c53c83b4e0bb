/** Which changed files need a person: what runs in CI, decides what is installed, instructs agents, or configures us. */

/**
 * Names are compared case-folded and Unicode-normalised, because a case-insensitive checkout elsewhere would not tell
 * `.GitHub/Workflows` from the real one. `**` crosses folders, `*` does not.
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
  return path.normalize('NFKC').toLowerCase();
}

function toExpression(glob: string): RegExp {
  const source = fold(glob)
    .split('**/')
    .map((part) =>
      part
        .split('**')
        .map((piece) => piece.split('*').map(literal).join('[^/]*'))
        .join('.*'),
    )
    .join('(?:.*/)?');
  return new RegExp(`^${source}$`, 'u');
}

function literal(text: string): string {
  return text.replace(/[\\^$.|?+()[\]{}]/g, '\\$&');
}
