/**
 * A pattern of paths as written in settings and built in: `*` and `?` within one folder, `**` across folders, `{a,b}` for
 * either, from the root of the repository. Read here so that settings can refuse what the gate could not follow.
 */

export type PathGlob =
  | { readonly kind: 'glob'; readonly expression: RegExp }
  | { readonly kind: 'fault'; readonly expected: string };

/** More than these make matching slow on long paths. */
const CROSSINGS_MAX = 3;
const LENGTH_MAX = 300;

/**
 * `folder/**` also means the folder's own name: a link or a submodule of that name brings contents the diff hides.
 * Brackets stand for themselves and for any one character among them, because both are written and more is safer.
 */
export function pathGlob(written: string): PathGlob {
  const glob = written.replace(/^\.?\/+/, '').replace(/\/$/, '/**');
  const fault = faultOf(glob);
  if (fault !== null) return { kind: 'fault', expected: fault };
  const folder = glob.endsWith('/**');
  const source = read(folder ? glob.slice(0, -'/**'.length) : glob);
  // A file name may hold a line break, which `.` and `$` would otherwise stop at.
  return { kind: 'glob', expression: new RegExp(`^${source}${folder ? '(?:/.*)?' : ''}$`, 'su') };
}

function faultOf(glob: string): string | null {
  if (glob === '') return 'a path or a pattern of paths';
  if (glob.length > LENGTH_MAX) return `a pattern of at most ${LENGTH_MAX} characters`;
  if (glob.startsWith('!')) return 'paths to protect: there are no exceptions with "!"';
  if (glob.includes('\\')) return 'folders parted by "/", and no escapes with "\\"';
  if (glob.split('/').some((part) => part === '' || part === '.' || part === '..'))
    return 'a path from the root of the repository, without "//", "." and ".."';
  if ((glob.match(/\*\*/g) ?? []).length > CROSSINGS_MAX) return `at most ${CROSSINGS_MAX} times "**"`;
  let depth = 0;
  for (const one of glob) {
    depth += one === '{' ? 1 : one === '}' ? -1 : 0;
    if (depth < 0) break;
  }
  return depth === 0 ? null : 'each "{" closed by a "}"';
}

function read(glob: string): string {
  let source = '';
  let depth = 0;
  for (let at = 0; at < glob.length; at++) {
    const rest = glob.slice(at);
    const brackets = /^\[([!^]?)([^\]/]+)\]/.exec(rest);
    if (rest.startsWith('**/')) {
      source += '(?:.*/)?';
      at += 2;
    } else if (rest.startsWith('**')) {
      source += '.*';
      at += 1;
    } else if (brackets !== null) {
      const [whole = '', not = '', among = ''] = brackets;
      const set = `[${not === '' ? '' : '^/'}${among.replace(/[\\^[\]&|~]/g, '\\$&')}]`;
      source += `(?:${literal(whole)}|${isRange(set) ? set : '[^/]'})`;
      at += whole.length - 1;
    } else if (rest.startsWith('{')) {
      source += '(?:';
      depth += 1;
    } else if (rest.startsWith('}')) {
      source += ')';
      depth -= 1;
    } else if (rest.startsWith(',') && depth > 0) source += '|';
    else if (rest.startsWith('*')) source += '[^/]*';
    else if (rest.startsWith('?')) source += '[^/]';
    else source += literal(rest.slice(0, 1));
  }
  return source;
}

/** `[z-a]` is no range: then any one character stands there. */
function isRange(set: string): boolean {
  try {
    return new RegExp(set, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}

function literal(text: string): string {
  return text.replace(/[\\^$.|?+()[\]{}*/]/g, '\\$&');
}
