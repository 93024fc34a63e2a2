// The overview of a large graph: all cards as one small picture with the view as a frame; pressing or dragging in it moves the camera.
import { useEffect, useRef, type JSX, type PointerEvent } from 'react';

import { useApp } from '../stores/app';
import { t } from '../text';
import { useFlow } from './flow-store';
import { readInk } from './paint';
import { onCamera, seenPart, centreOn } from './viewport';

const WIDTH = 112;
const HEIGHT = 104;
const INSET = 4;

export function Overview(): JSX.Element {
  const picture = useRef<HTMLCanvasElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const canvas = picture.current;
    const view = frame.current;
    if (!canvas || !view) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const redraw = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        drawAll(canvas);
        placeFrame(view);
      }, 60);
    };
    redraw();
    const ends = [
      useFlow.subscribe((state, before) => {
        if (state.scene !== before.scene) redraw();
      }),
      useApp.subscribe(redraw),
      onCamera(() => {
        placeFrame(view);
      }),
    ];
    return () => {
      clearTimeout(timer);
      ends.forEach((end) => end());
    };
  }, []);
  const move = (event: PointerEvent): void => {
    if (event.buttons !== 1) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const box = event.currentTarget.getBoundingClientRect();
    const map = mapping();
    if (map)
      centreOn({
        x: (event.clientX - box.x - map.left) / map.scale,
        y: (event.clientY - box.y - map.top) / map.scale,
      });
  };
  return (
    <div
      className="overview"
      role="img"
      aria-label={t('overview.overviewOfTheGraph')}
      onPointerDown={move}
      onPointerMove={move}
    >
      <canvas ref={picture} style={{ width: WIDTH, height: HEIGHT }} />
      <div ref={frame} className="overview-frame" />
    </div>
  );
}

/** From the canvas's units to the overview's pixels. */
function mapping(): { readonly scale: number; readonly left: number; readonly top: number } | null {
  const bounds = useFlow.getState().scene?.bounds;
  if (!bounds) return null;
  const scale = Math.min((WIDTH - 2 * INSET) / bounds.width, (HEIGHT - 2 * INSET) / bounds.height);
  return {
    scale,
    left: (WIDTH - bounds.width * scale) / 2 - bounds.x * scale,
    top: (HEIGHT - bounds.height * scale) / 2 - bounds.y * scale,
  };
}

function drawAll(canvas: HTMLCanvasElement): void {
  const { scene } = useFlow.getState();
  const context = canvas.getContext('2d');
  const map = mapping();
  if (!scene || !context || !map) return;
  const ratio = window.devicePixelRatio;
  canvas.width = WIDTH * ratio;
  canvas.height = HEIGHT * ratio;
  context.setTransform(ratio * map.scale, 0, 0, ratio * map.scale, ratio * map.left, ratio * map.top);
  const ink = readInk(canvas);
  const paths = ink.tones.map(() => new Path2D());
  const least = 0.7 / map.scale;
  for (let index = 0; index < scene.nodes.length; index++) {
    const at = index * 4;
    paths[scene.tones[index] ?? 0]?.rect(
      scene.boxes[at] ?? 0,
      scene.boxes[at + 1] ?? 0,
      Math.max(least, scene.boxes[at + 2] ?? 0),
      Math.max(least, scene.boxes[at + 3] ?? 0),
    );
  }
  paths.forEach((path, tone) => {
    context.fillStyle = ink.tones[tone] ?? ink.line;
    context.fill(path);
  });
}

function placeFrame(frame: HTMLElement): void {
  const map = mapping();
  if (!map) return;
  const { x, y, width, height } = seenPart();
  const left = Math.max(0, x * map.scale + map.left);
  const top = Math.max(0, y * map.scale + map.top);
  const right = Math.min(WIDTH, (x + width) * map.scale + map.left);
  const bottom = Math.min(HEIGHT, (y + height) * map.scale + map.top);
  frame.style.transform = `translate(${left}px, ${top}px)`;
  frame.style.width = `${Math.max(0, right - left)}px`;
  frame.style.height = `${Math.max(0, bottom - top)}px`;
}
