/** Something a person can put right, said in one line that tells how. Shown without a stack. */

export class Complaint extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Complaint';
  }
}
