// Aligning and spreading the selected cards, as one step of the history.
import { align, distribute, type Alignment } from '../canvas/geometry';
import { selectedBoxes } from '../canvas/flow-store';
import { moveNodes } from './graph';
import { t } from '../text';

export const alignSelection = (to: Alignment): void => {
  moveNodes(align(selectedBoxes(), to), t(`step.align.${to}`));
};

export const distributeSelection = (axis: 'x' | 'y'): void => {
  moveNodes(
    distribute(selectedBoxes(), axis),
    axis === 'x' ? t('step.distributeAcross') : t('step.distributeDown'),
  );
};
