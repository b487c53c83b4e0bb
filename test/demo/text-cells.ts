// Text measured in terminal cells: wide and combining characters count as a terminal shows them, and whatever could
// move the cursor or colour the screen is taken out first, for titles come from outside.
import { stripVTControlCharacters } from 'node:util';

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** One line without control characters, escape sequences, or marks that turn the direction of writing. */
export function plain(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '')
    .replace(/ {2,}/g, ' ')
    .trim();
}

export function cells(text: string): number {
  let sum = 0;
  for (const { segment } of segmenter.segment(text)) sum += cellsOf(segment);
  return sum;
}

/** Exactly `width` cells: padded with blanks, or cut with an ellipsis. */
export function fit(text: string, width: number): string {
  const cut = cutTo(text, width);
  return cut + ' '.repeat(Math.max(0, width - cells(cut)));
}

/** At most `width` cells, with an ellipsis where something was cut. */
export function cutTo(text: string, width: number): string {
  if (width <= 0) return '';
  if (cells(text) <= width) return text;
  let [kept, used] = ['', 0];
  for (const { segment } of segmenter.segment(text)) {
    const size = cellsOf(segment);
    if (used + size > width - 1) break;
    kept += segment;
    used += size;
  }
  return `${kept.trimEnd()}…`;
}

/** Lines of at most `width` cells, broken between words where there is room to. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (cells(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = cutTo(word, width);
  }
  return [...lines, line];
}

function cellsOf(grapheme: string): number {
  const code = grapheme.codePointAt(0) ?? 0;
  if (/^[\p{Cc}\p{Cf}\p{Mn}\p{Me}]+$/u.test(grapheme)) return 0;
  if (/\p{Emoji_Presentation}|\ufe0f/u.test(grapheme)) return 2;
  return WIDE.some(([first, last]) => code >= first && code <= last) ? 2 : 1;
}

/** East Asian wide and fullwidth, as in Unicode's table with the gaps between neighbours closed. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x20000, 0x3fffd],
];
