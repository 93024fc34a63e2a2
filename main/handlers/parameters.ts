// The calls of the parameter browser: looking at single tensors, and changing them.
import { clipboard } from 'electron';

import type { HandlersOf } from './area';
import { noticed } from './model';

export const parametersHandlers: HandlersOf<'parameters'> = {
  'parameters.figures': (state, refs) => state.session.figures(refs),
  'parameters.detail': (state, ref) => state.session.detail(ref),
  'parameters.values': (state, ref, range) => state.session.values(ref, range),
  'parameters.copy': async (state, ref) => {
    const text = await state.session.numpyText(ref);
    clipboard.writeText(text);
    return text.length;
  },
  'parameters.reinitialize': (state, refs) => {
    state.refuseWhileRunning('initialize parameters anew');
    return noticed(state, state.session.drawAnew(refs));
  },
  'parameters.write': (state, ref, index, value) => {
    state.refuseWhileRunning('change a value');
    return noticed(state, state.session.writeValue(ref, index, value));
  },
};
