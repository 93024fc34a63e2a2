// The kind of data a layer is dragged as, from the palette to the canvas.
export const DRAGGED_LAYER = 'application/x-lazuli-layer';
