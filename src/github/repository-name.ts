/** `owner/name` in the forms GitHub's two interfaces want it. */
import { OutsideError } from '../domain/outside-error.ts';

export function coordinatesOf(repository: string): { readonly owner: string; readonly name: string } {
  const [owner, name, ...rest] = repository.split('/');
  if (!owner || !name || rest.length > 0) {
    throw new OutsideError('invalid', `name the repository ${repository}`, 'write it as owner/name');
  }
  return { owner, name };
}

export function pathOf(repository: string): { readonly owner: string; readonly repo: string } {
  const { owner, name } = coordinatesOf(repository);
  return { owner, repo: name };
}
