// Preloaded into a `lazuli train --json` process: measures the delay of its event loop from the run's first event to its
// last and prints it on stderr as one line of JSON. Used by event-loop.mjs.
import { monitorEventLoopDelay } from 'node:perf_hooks';

const delay = monitorEventLoopDelay({ resolution: 1 });
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = (chunk, ...rest) => {
  const text = String(chunk);
  if (text.includes('"event":"start"')) {
    delay.reset();
    delay.enable();
  }
  if (text.includes('"event":"done"')) {
    delay.disable();
    const ms = (nanoseconds) => nanoseconds / 1e6;
    const result = {
      p50_ms: ms(delay.percentile(50)),
      p99_ms: ms(delay.percentile(99)),
      max_ms: ms(delay.max),
      samples: delay.count,
    };
    process.stderr.write(`${JSON.stringify(result)}\n`);
  }
  return write(chunk, ...rest);
};
