/** Puts a label on a pull request; putting it there twice changes nothing. */
import type { AddLabel } from '../../domain/action.ts';
import type { OutsideWrite } from './outside-write.ts';

export const addLabel: OutsideWrite<AddLabel> = {
  look: async () => null,
  async perform({ repository, number, label }, { forge }) {
    await forge.addLabel({ repository, number, label });
    return label;
  },
};
