/** Sets a commit status. The newest of a context counts, so a second write would be harmless; it is still looked for. */
import type { SetStatus } from '../../domain/action.ts';
import type { OutsideWrite } from './outside-write.ts';

export const setStatus: OutsideWrite<SetStatus> = {
  async look(action, { forge }) {
    const found = await forge.status(action.repository, action.head, action.context);
    return found?.state === action.state && found.description === action.description ? action.context : null;
  },
  async perform(action, { forge }) {
    const { repository, head, context, state, description } = action;
    await forge.setStatus({ repository, head, context, state, description });
    return context;
  },
};
