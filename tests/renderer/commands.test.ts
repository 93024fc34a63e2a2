// The command table against this window: every command does something here.
import { afterEach, expect, test, vi } from 'vitest';
import { runCommand, unhandledCommands } from '#renderer/actions/commands';
import * as project from '#renderer/actions/project';
import { useUi } from '#renderer/stores/ui';

vi.mock(import('#renderer/actions/project'), { spy: true });

afterEach(() => {
  vi.unstubAllGlobals();
  useUi.setState({ busy: null });
});

test('every command of the table has its action in the window', () => {
  expect(unhandledCommands()).toEqual([]);
});

test('what is asked for while the window is busy waits for its turn, once', () => {
  vi.stubGlobal('HTMLInputElement', class {});
  vi.stubGlobal('document', { activeElement: null });
  const open = vi.mocked(project.openProject).mockResolvedValue();
  useUi.setState({ busy: 'feed' });
  runCommand('file.open');
  runCommand('file.open');
  expect(open).not.toHaveBeenCalled();
  useUi.setState({ busy: null });
  expect(open).toHaveBeenCalledOnce();

  // Under way already: pressing it again changes nothing.
  useUi.setState({ busy: 'open' });
  runCommand('file.open');
  useUi.setState({ busy: null });
  expect(open).toHaveBeenCalledOnce();
});
