/** One file of a diff as text, before and after: all that the judgement of tests is told. */
export interface ChangedText {
  readonly path: string;
  /** Null where there was no file. */
  readonly before: string | null;
  readonly after: string | null;
}
