// A process of PyTorch that measures cases when asked: the worker of torch_peer.py and of what wraps it.
import { spawn } from 'node:child_process';
import readline from 'node:readline';

/** Starts `command` with `env` added; `measure` gives the median of a case's samples in milliseconds and throws what the worker says went wrong. */
export function openPeer([program, ...args], { threads, seconds, env = {} }) {
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${program} ${args.join(' ')} ended`);
    return JSON.parse(value);
  };
  return {
    ready: answer(),
    async measure(name) {
      child.stdin.write(`${JSON.stringify({ case: name, threads, seconds })}\n`);
      const { med, err } = await answer();
      if (err) throw new Error(`${name}: ${err}`);
      return med * 1e3;
    },
    close: () => child.stdin.end(),
  };
}
