// The template picker: what New and the first start show.
import { FilePlus2, FolderOpen, Image, Leaf, PenLine, Shirt, type LucideIcon } from 'lucide-react';
import type { JSX } from 'react';

import { newProject, openProject, openRecent } from '../actions/project';
import { openDialog } from '../stores/ui';
import { useApp } from '../stores/app';
import { helpText, t } from '../text';
import { Modal } from './modal';

/** Signs for the templates that are known; others get the plain one. */
const ICONS: Readonly<Record<string, LucideIcon>> = {
  digits: Image,
  iris: Leaf,
  opticks: PenLine,
  'fashion-mnist': Shirt,
};

export function NewProjectDialog({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const templates = useApp((state) => state.templates);
  const recent = useApp((state) => state.recent);
  return (
    <Modal title={t('newProject.newProject')} className="new-project" onClose={onClose}>
      <ul className="templates" aria-label={t('newProject.templates')}>
        {templates.map(({ name, summary }) => {
          const Icon = ICONS[name] ?? FilePlus2;
          return (
            <li key={name}>
              <button type="button" className="template" onClick={() => void newProject(name)}>
                <span className="template-icon" aria-hidden>
                  <Icon size={20} strokeWidth={1.6} />
                </span>
                <span className="template-name">{name}</span>
                <span className="template-summary">{helpText(summary)}</span>
              </button>
            </li>
          );
        })}
      </ul>
      <footer className="modal-footer is-list">
        <button
          type="button"
          className="button"
          onClick={() => {
            openDialog(null);
            void openProject();
          }}
        >
          <FolderOpen size={15} aria-hidden />
          {t('newProject.openAProject')}
        </button>
        {recent.slice(0, 3).map(({ token, name, folder }) => (
          <button
            key={token}
            type="button"
            className="button is-quiet"
            title={folder}
            onClick={() => {
              openDialog(null);
              void openRecent(token);
            }}
          >
            {name}
          </button>
        ))}
      </footer>
    </Modal>
  );
}
