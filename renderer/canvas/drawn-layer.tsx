// The picture of a large graph beneath the cards of the page. While the camera moves it is shifted and stretched as it is, which
// costs nothing, and drawn anew when it no longer covers the view, when the camera rests, and after every change. While the cards of the
// page cover all of it that is in view, a change is drawn a moment later: drawing in software would hold up the frame that shows it.
import { useEffect, useRef, type JSX } from 'react';

import { useApp } from '../stores/app';
import { heatNow, useHeat } from '../stores/heat';
import { useUi } from '../stores/ui';
import { useFlow } from './flow-store';
import { isHurried, watchMotion } from './motion';
import { paint, readInk, type Camera, type Ink } from './paint';
import { cardsWithin } from './scene';
import { cameraNow, onCamera, seenPart } from './viewport';

/** What is drawn beyond each side of the view, as a share of it, so that a pan has something to show. */
const MARGIN = 0.25;
/** How far a picture may be stretched before it is drawn anew. */
const STRETCH = 1.6;
const REST_MS = 90;
/** A picture that takes no longer than this is drawn with every frame. */
const CHEAP_MS = 5;

export function DrawnLayer(): JSX.Element {
  const box = useRef<HTMLCanvasElement>(null);
  useEffect(() => (box.current ? startDrawing(box.current) : undefined), []);
  return <canvas ref={box} className="drawn-layer" aria-hidden />;
}

function startDrawing(canvas: HTMLCanvasElement): () => void {
  const context = canvas.getContext('2d');
  const holder = canvas.parentElement;
  if (!context || !holder) return () => undefined;
  let ink: Ink = readInk(canvas);
  let drawn: Camera | null = null;
  let cost = 0;
  let rest: ReturnType<typeof setTimeout> | undefined;
  let frame = 0;
  let isStale = true;
  let isDue = false;
  let width = holder.clientWidth;
  let height = holder.clientHeight;

  const draw = (): void => {
    const { scene, shift, nodes } = useFlow.getState();
    const camera = cameraNow();
    const scale = window.devicePixelRatio;
    const [across, down] = [Math.round(width * MARGIN), Math.round(height * MARGIN)];
    const [pixelsX, pixelsY] = [(width + 2 * across) * scale, (height + 2 * down) * scale];
    if (canvas.width !== Math.round(pixelsX) || canvas.height !== Math.round(pixelsY)) {
      canvas.width = Math.round(pixelsX);
      canvas.height = Math.round(pixelsY);
      canvas.style.width = `${width + 2 * across}px`;
      canvas.style.height = `${height + 2 * down}px`;
    }
    const start = performance.now();
    context.setTransform(scale, 0, 0, scale, 0, 0);
    if (scene) {
      const { nodes: selected, edges: selectedEdges } = useUi.getState().selection;
      const detailed = new Set(nodes.flatMap(({ id, measured }) => (measured ? [id] : [])));
      const moved = { x: camera.x + across, y: camera.y + down, zoom: camera.zoom };
      const size = { width: width + 2 * across, height: height + 2 * down };
      paint(context, ink, {
        scene,
        camera: moved,
        ...size,
        selected,
        selectedEdges,
        shift,
        detailed,
        heat: heatNow(),
      });
    } else context.clearRect(0, 0, canvas.width, canvas.height);
    cost = performance.now() - start;
    drawn = camera;
    isStale = false;
    isDue = false;
    place();
  };

  /** Puts the picture where the camera of now sees it. */
  const place = (): void => {
    if (!drawn) return;
    const camera = cameraNow();
    const scale = camera.zoom / drawn.zoom;
    const x = camera.x - (drawn.x + width * MARGIN) * scale;
    const y = camera.y - (drawn.y + height * MARGIN) * scale;
    canvas.style.transform = `translate(${x}px, ${y}px) scale(${scale})`;
  };

  const covers = (): boolean => {
    if (!drawn) return false;
    const camera = cameraNow();
    const scale = camera.zoom / drawn.zoom;
    if (scale > STRETCH || scale < 1 / STRETCH) return false;
    const left = camera.x - (drawn.x + width * MARGIN) * scale;
    const top = camera.y - (drawn.y + height * MARGIN) * scale;
    const [wide, high] = [width * (1 + 2 * MARGIN) * scale, height * (1 + 2 * MARGIN) * scale];
    return left <= 0 && top <= 0 && left + wide >= width && top + high >= height;
  };

  /** Whether a card is in view that is no element of the page. */
  const isSeen = (): boolean => {
    const { scene, shift, nodes } = useFlow.getState();
    if (!scene || shift) return true;
    const detailed = new Set(nodes.flatMap(({ id, measured }) => (measured ? [id] : [])));
    let isMissing = false;
    cardsWithin(scene, seenPart(), (index) => {
      isMissing ||= !detailed.has(scene.nodes[index]?.id ?? '');
    });
    return isMissing;
  };

  const onFrame = (): void => {
    frame = 0;
    const isChanging = isStale || (cost <= CHEAP_MS && !isHurried());
    if (isDue || !covers() || (isChanging && isSeen())) draw();
    else {
      place();
      clearTimeout(rest);
      rest = setTimeout(() => {
        isDue = true;
        ask();
      }, REST_MS);
    }
  };
  const ask = (): void => {
    if (frame === 0) frame = requestAnimationFrame(onFrame);
  };
  const change = (): void => {
    isStale = true;
    ask();
  };
  const resized = new ResizeObserver(() => {
    width = holder.clientWidth;
    height = holder.clientHeight;
    isDue = true;
    ask();
  });
  resized.observe(holder);
  const ends = [
    watchMotion(holder.parentElement ?? holder),
    onCamera(ask),
    useFlow.subscribe(change),
    useHeat.subscribe(change),
    useUi.subscribe((state, before) => {
      if (state.selection !== before.selection) change();
    }),
    useApp.subscribe(() => {
      requestAnimationFrame(() => {
        ink = readInk(canvas);
        change();
      });
    }),
  ];
  ask();
  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(rest);
    resized.disconnect();
    ends.forEach((end) => end());
  };
}
