// The command line's entry: exit code, Ctrl-C and broken pipes. What the verbs do is in cli/verbs.
import { ERROR_CODES } from '#core/errors';
import { version } from '#engine/about';

import { runProgram } from './program';

const controller = new AbortController();

/** The first Ctrl-C asks the work to stop and keep what it has; a second one ends the process. */
function onInterrupt(): void {
  if (controller.signal.aborted) process.exit(ERROR_CODES.interrupted.exit);
  controller.abort();
}
process.on('SIGINT', onInterrupt);
process.on('SIGTERM', onInterrupt);

// `lazuli inspect file | head` closes the pipe early: that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await runProgram(process.argv.slice(2), version(), controller.signal);
