// The user's settings and every shortcut in one list that can be searched; its rows come from core/preferences and core/commands.
import { Search } from 'lucide-react';
import { useState, type JSX, type ReactNode } from 'react';
import { COMMANDS } from '#core/commands/commands';
import { commandLabel, menuTitle } from '#core/commands/labels';
import { PREFERENCES, PREFERENCE_NAMES, SECTIONS } from '#core/preferences';
import { EN } from '#core/text/en';

import { shortcutText } from '../actions/shortcuts';
import { languageOf, useApp } from '../stores/app';
import { t } from '../text';
import { matchScore } from './match';
import { Modal } from './modal';
import { SettingControl, settingTexts } from './setting-control';
import './settings.css';

interface SettingsDialogProps {
  /** What is searched for at first. */
  readonly search: string;
  readonly onClose: () => void;
}

export function SettingsDialog({ search, onClose }: SettingsDialogProps): JSX.Element {
  const [query, setQuery] = useState(search);
  const groups = [...SECTIONS.map((section) => settingsOf(section, query)), shortcuts(query)];
  const shown = groups.filter(({ rows }) => rows.length > 0);
  return (
    <Modal title={t('settings.title')} className="settings" onClose={onClose}>
      <label className="settings-search">
        <Search size={15} aria-hidden />
        <input
          data-autofocus
          type="search"
          aria-label={t('settings.search')}
          placeholder={t('settings.search')}
          value={query}
          onChange={({ target }) => setQuery(target.value)}
        />
      </label>
      <div className="settings-list" tabIndex={0} role="region" aria-label={t('settings.list')}>
        {shown.map(({ title, rows }) => (
          <section key={title} aria-label={title}>
            <h3>{title}</h3>
            {rows}
          </section>
        ))}
        <p className="settings-nothing muted" role="status">
          {shown.length === 0 ? t('settings.nothing', { query }) : ''}
        </p>
      </div>
    </Modal>
  );
}

interface Group {
  readonly title: string;
  readonly rows: readonly ReactNode[];
}

/** Found by its words here and by its English ones. */
function settingsOf(section: (typeof SECTIONS)[number], query: string): Group {
  const title = t(`section.${section}`);
  const rows = PREFERENCE_NAMES.filter((name) => {
    if (PREFERENCES[name].section !== section) return false;
    const english = [EN[`setting.${name}`], EN[`setting.${name}.help`], EN[`section.${section}`]];
    return matchScore(t(`setting.${name}`), query, [title, ...settingTexts(name), ...english]) > 0;
  }).map((name) => <SettingControl key={name} name={name} />);
  return { title, rows };
}

function shortcuts(query: string): Group {
  const { platform } = useApp.getState();
  const language = languageOf(useApp.getState());
  const title = t('settings.shortcuts');
  const rows = COMMANDS.flatMap((command) => {
    const { id, shortcut } = command;
    if (shortcut === undefined) return [];
    const [label, menu] = [commandLabel(command, language), menuTitle(command.menu, language)];
    const keys = shortcutText(shortcut, platform === 'darwin');
    const words = [title, menu, keys, command.label, command.keywords ?? '', 'shortcut keyboard'];
    if (matchScore(label, query, words) === 0) return [];
    return [
      <div key={id} className="setting-shortcut">
        <span>{label}</span>
        <span className="muted">{menu}</span>
        <kbd>{keys}</kbd>
      </div>,
    ];
  });
  return { title, rows };
}
