/** Thrown when a compare-and-set write lost: the row is not as the writer saw it any more. Nothing was written; look again. */
export class StaleWrite extends Error {
  constructor(what: string) {
    super(
      `${what}: the row is not as it was when this was decided, so nothing was written. Look again and decide anew.`,
    );
    this.name = 'StaleWrite';
  }
}
