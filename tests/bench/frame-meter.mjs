// Frames a second of a page while something is done to it once per frame: what the benchmarks of the canvas have in common.
/* global window, requestAnimationFrame -- bodies of page.evaluate run in the page */

/**
 * Puts `meter(what, frames, act)` into a page: gaps between frames in milliseconds while `act(frame)` runs once per frame; a trace
 * shows the time as `what`.
 */
export const installMeter = (page) =>
  page.evaluate(() => {
    window.meter = (what, frames, act) =>
      new Promise((resolve) => {
        const gaps = [];
        const start = performance.now();
        let last = start;
        const tick = (now) => {
          gaps.push(now - last);
          last = now;
          if (gaps.length > frames) {
            performance.measure(what, { start, end: now });
            resolve(gaps.slice(1));
          } else {
            act(gaps.length);
            requestAnimationFrame(tick);
          }
        };
        requestAnimationFrame(tick);
      });
  });

/** One line: the rate, and the gaps' median, 95th percentile and longest. */
export function printFrames(what, gaps) {
  const sorted = [...gaps].sort((a, b) => a - b);
  const at = (share) => (sorted[Math.floor(share * (sorted.length - 1))] ?? NaN).toFixed(1);
  const rate = (1000 * gaps.length) / gaps.reduce((sum, gap) => sum + gap, 0);
  console.log(
    `${what.padEnd(26)} ${rate.toFixed(1).padStart(5)} frames/s   gap median ${at(0.5)} ms, p95 ${at(0.95)} ms, max ${at(1)} ms`,
  );
}
