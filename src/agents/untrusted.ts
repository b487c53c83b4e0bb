/**
 * Makes text by other people safe to show to a model: hidden parts are removed or made visible, and what is left is
 * fenced and named. This is no claim that a model obeys only us; it removes what a person could not have seen.
 */

/** Prose (tickets, comments, descriptions): what a person does not see when it is rendered is taken out. */
export function visibleProse(text: string): string {
  return (
    removeInvisible(text)
      .replaceAll(/<!--[\s\S]*?(-->|$)/g, '')
      .replaceAll(/!\[[^\]]*\]/g, '![]')
      .replaceAll(/(\]\([^\s)"']+)\s+("[^"]*"|'[^']*')\)/g, '$1)')
      // Definitions of links are not shown, in quotes and lists neither; of one that leads somewhere the address stays.
      .replaceAll(/^[ >*+-]*\[[^\]\n]+\]:[ \t]*(#|<>).*$/gm, '')
      .replaceAll(/^([ >*+-]*\[[^\]\n]+\]:[ \t]*\S+)[ \t]+["'(].*$/gm, '$1')
      .replaceAll(/\s(alt|title|placeholder|aria-[a-z]+|data-[a-z-]+)\s*=\s*("[^"]*"|'[^']*')/gi, '')
  );
}

/** Code, diffs and logs: nothing may vanish there, so invisible characters are written out. */
export function visibleCode(text: string): string {
  return withoutControls(text).replaceAll(
    INVISIBLE,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** One line for a heading. */
export function visibleLine(text: string): string {
  return visibleProse(text).replaceAll(/\s+/g, ' ').trim().slice(0, LINE_CHARACTERS_MAX);
}

/** Fences text that was already made visible. The closing mark cannot be forged from inside. */
export function fence(from: string, visible: string): string {
  const inside = visible.replaceAll(/<(\/?)(untrusted)/gi, '<\\$1$2');
  return `<untrusted from="${from.replaceAll(/["<>\n]/g, ' ')}">\n${inside.trim()}\n</untrusted>`;
}

/** Keeps the head, and says first that there was more. */
export function bounded(text: string, charactersMax: number): string {
  if (text.length <= charactersMax) return text;
  return `[cut: the first ${charactersMax} of ${text.length} characters]\n${text.slice(0, charactersMax)}`;
}

const LINE_CHARACTERS_MAX = 300;

/**
 * Zero-width characters and joiners, soft hyphens, marks that turn the direction of writing, variation selectors and
 * the tag block: letters of a message that no screen shows.
 */
const INVISIBLE =
  /\u034f|[\u180b-\u180f]|[\ufe00-\ufe0f]|[\u{e0000}-\u{e0fff}]|[\u00ad\u061c\u115f\u1160\u17b4\u17b5\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]|[\u{1d173}-\u{1d17a}]/gu;

function removeInvisible(text: string): string {
  return withoutControls(text).replaceAll(INVISIBLE, '');
}

/** Control characters but tab and newline, escape sequences for terminals among them. */
function withoutControls(text: string): string {
  return text.replaceAll('\r\n', '\n').replaceAll(ESCAPE_SEQUENCE, '').replaceAll(CONTROL, '');
}

const ESCAPE_SEQUENCE = /(?![\t\n])\p{Cc}\[[0-9;?]*[ -/]*[@-~]/gu;
const CONTROL = /(?![\t\n])\p{Cc}/gu;
