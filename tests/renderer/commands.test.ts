// The command table against this window: every command does something here.
import { expect, test } from 'vitest';
import { unhandledCommands } from '#renderer/actions/commands';

test('every command of the table has its action in the window', () => {
  expect(unhandledCommands()).toEqual([]);
});
