// The tool bar: the project and its file, undo and redo, and the two things a model needs: a sample and a run.
import * as Menu from '@radix-ui/react-dropdown-menu';
import {
  ChevronDown, FilePlus2, FolderOpen, Moon, Redo2, Save, Search, Sparkles, Sun, TriangleAlert, Undo2,
} from 'lucide-react'; // prettier-ignore
import { useEffect, type JSX } from 'react';

import { runCommand } from '../actions/commands';
import { isUninitialized } from '../actions/model';
import { openRecent } from '../actions/project';
import { shortcutText } from '../actions/shortcuts';
import { languageOf, useApp } from '../stores/app';
import { isDirty, useDocument } from '../stores/document';
import { useModel } from '../stores/model';
import { useUi } from '../stores/ui';
import { t } from '../text';
import { Gem } from './gem';
import { IconButton } from './icon-button';
import { RunControls } from './run-controls';

export function ToolBar(): JSX.Element {
  const isWaiting = useModel((state) => isUninitialized(state.model));
  const busy = useUi((state) => state.busy);
  return (
    <header className="tool-bar" role="toolbar" aria-label={t('toolBar.main')}>
      <Gem />
      <ProjectName />
      <BackupFault />
      <span className="bar-line" />
      <IconButton label={t('toolBar.new')} command="file.new" icon={FilePlus2} />
      <span className="split-button">
        <IconButton label={t('common.open')} command="file.open" icon={FolderOpen} isBusy={busy === 'open'} />
        <RecentMenu />
      </span>
      <IconButton label={t('toolBar.save')} command="file.save" icon={Save} isBusy={busy === 'save'} />
      <span className="bar-line" />
      <HistoryButtons />
      <span className="bar-space" />
      <SearchButton />
      <span className="bar-space" />
      <IconButton
        label={t('toolBar.feedSample')}
        command="model.feed"
        icon={Sparkles}
        isBusy={busy === 'feed'}
        className={isWaiting ? 'is-gold' : ''}
      >
        {t('toolBar.feedSample')}
      </IconButton>
      <RunControls />
      <span className="bar-line" />
      <ThemeButton />
    </header>
  );
}

function ProjectName(): JSX.Element {
  const name = useDocument(
    (state) => state.file?.name.replace(/\.lazuli$/, '') ?? state.project?.name ?? 'Lazuli',
  );
  const folder = useDocument((state) => state.file?.folder ?? '');
  const dirty = useDocument(isDirty);
  useEffect(() => {
    document.title = `${dirty ? '• ' : ''}${name} – Lazuli`;
  }, [name, dirty]);
  return (
    <h1 className="project-name" title={folder === '' ? t('bar.notSaved') : folder}>
      <span className="project-name-text">{name}</span>
      <span
        className={`dirty-dot ${dirty ? 'is-shown' : ''}`}
        role="status"
        aria-label={dirty ? t('bar.unsaved') : ''}
      />
    </h1>
  );
}

/** Stays as long as unsaved work cannot be backed up. */
function BackupFault(): JSX.Element | null {
  const fault = useApp((state) => state.backupFault);
  if (!fault) return null;
  return (
    <span className="backup-fault" role="alert" title={fault.message}>
      <TriangleAlert size={14} aria-hidden />
      {t('toolBar.unsavedWorkCannotBe')}
    </span>
  );
}

/** The next steps by name, in the tooltips. */
function HistoryButtons(): JSX.Element {
  const undo = useDocument((state) => state.past.at(-1)?.label);
  const redo = useDocument((state) => state.future[0]?.label);
  return (
    <>
      <IconButton
        label={undo === undefined ? t('bar.undo') : t('bar.undoStep', { step: lower(undo) })}
        command="edit.undo"
        icon={Undo2}
      />
      <IconButton
        label={redo === undefined ? t('bar.redo') : t('bar.redoStep', { step: lower(redo) })}
        command="edit.redo"
        icon={Redo2}
      />
    </>
  );
}

/** Within a sentence; German nouns keep their capital. */
const lower = (text: string): string =>
  languageOf(useApp.getState()) === 'en' ? text.charAt(0).toLowerCase() + text.slice(1) : text;

function RecentMenu(): JSX.Element {
  const recent = useApp((state) => state.recent);
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger className="icon-button is-narrow" aria-label={t('toolBar.recentProjects')}>
        <ChevronDown size={12} aria-hidden />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Content className="menu" align="start" sideOffset={6} collisionPadding={8}>
          <Menu.Label className="menu-label">{t('toolBar.recent')}</Menu.Label>
          {recent.length === 0 ? <p className="menu-empty">{t('toolBar.nothingOpenedYet')}</p> : null}
          {recent.map(({ token, name, folder }) => (
            <Menu.Item key={token} className="menu-item" onSelect={() => void openRecent(token)}>
              <span>{name}</span>
              <span className="muted menu-detail">{folder}</span>
            </Menu.Item>
          ))}
        </Menu.Content>
      </Menu.Portal>
    </Menu.Root>
  );
}

function SearchButton(): JSX.Element {
  const isMac = useApp((state) => state.platform === 'darwin');
  return (
    <button
      type="button"
      className="search-button"
      aria-label={t('toolBar.commandPalette')}
      onClick={() => {
        runCommand('view.commandPalette');
      }}
    >
      <Search size={14} aria-hidden />
      <span>{t('toolBar.searchOrRunA')}</span>
      <kbd>{shortcutText('CmdOrCtrl+K', isMac)}</kbd>
    </button>
  );
}

function ThemeButton(): JSX.Element {
  const theme = useApp((state) => state.preferences.theme);
  const isDark =
    theme === 'dark' || (theme === 'system' && window.matchMedia('(prefers-color-scheme: dark)').matches);
  return (
    <IconButton
      label={isDark ? t('bar.light') : t('bar.dark')}
      icon={isDark ? Sun : Moon}
      onClick={() => {
        runCommand(isDark ? 'view.themeLight' : 'view.themeDark');
      }}
    />
  );
}
