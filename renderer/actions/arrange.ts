// Aligning and spreading the selected cards, as one step of the history.
import { align, distribute, type Alignment } from '../canvas/geometry';
import { selectedBoxes } from '../canvas/flow-store';
import { moveNodes } from './graph';

const NAMES: Readonly<Record<Alignment, string>> = {
  left: 'Align left',
  center: 'Align centers',
  right: 'Align right',
  top: 'Align top',
  middle: 'Align middles',
  bottom: 'Align bottom',
};

export const alignSelection = (to: Alignment): void => {
  moveNodes(align(selectedBoxes(), to), NAMES[to]);
};

export const distributeSelection = (axis: 'x' | 'y'): void => {
  moveNodes(distribute(selectedBoxes(), axis), axis === 'x' ? 'Distribute across' : 'Distribute down');
};
