// The one dialog that is open, by its kind.
import type { JSX } from 'react';

import { openDialog, useUi } from '../stores/ui';
import { AboutDialog } from './about-dialog';
import { CommandPalette } from './command-palette';
import { ConnectDialog } from './connect-dialog';
import { NewProjectDialog } from './new-project-dialog';
import { RecoveryDialog } from './recovery-dialog';
import { ReportDialog } from './report-dialog';
import { ResizeDialog } from './resize-dialog';
import { SettingsDialog } from './settings-dialog';
import { WeightsDialog } from './weights-dialog';

const close = (): void => {
  openDialog(null);
};

export function Dialogs(): JSX.Element | null {
  const dialog = useUi((state) => state.dialog);
  switch (dialog?.kind) {
    case undefined:
      return null;
    case 'new':
      return <NewProjectDialog onClose={close} />;
    case 'commands':
      return <CommandPalette mode="everything" target={null} onClose={close} />;
    case 'layers':
      return <CommandPalette mode="layers" target={dialog.target} onClose={close} />;
    case 'weights':
      return <WeightsDialog choice={dialog.choice} onClose={close} />;
    case 'resize':
      return <ResizeDialog preview={dialog.preview} onClose={close} />;
    case 'connect':
      return <ConnectDialog node={dialog.node} port={dialog.port ?? null} onClose={close} />;
    case 'report':
      return <ReportDialog onClose={close} />;
    case 'recovery':
      return <RecoveryDialog onClose={close} />;
    case 'settings':
      return <SettingsDialog search={dialog.search ?? ''} onClose={close} />;
    case 'about':
      return <AboutDialog onClose={close} />;
  }
}
