// A no in GitHub's own words. Every act throws it, whoever asked: a REST client, a GraphQL client or a person.

/** One entry of GitHub's `errors` list: an object for most operations, a plain sentence for a few. */
export type RefusalDetail =
  | string
  | { readonly resource: string; readonly code: string; readonly field?: string; readonly message?: string };

/** The act was not done, for a reason the caller is told. */
export class Refusal extends Error {
  readonly status: number;
  readonly details: readonly RefusalDetail[];

  constructor(status: number, message: string, details: readonly RefusalDetail[] = []) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.details = details;
  }
}

/** GitHub's usual 422: one custom sentence about one kind of thing. */
export function invalid(resource: string, message: string): Refusal {
  return new Refusal(422, 'Validation Failed', [{ resource, code: 'custom', message }]);
}

export function notFound(): Refusal {
  return new Refusal(404, 'Not Found');
}
