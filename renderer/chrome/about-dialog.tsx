// Version, devices and thanks.
import type { JSX } from 'react';

import { useApp } from '../stores/app';
import { t } from '../text';
import { Gem } from './gem';
import { Modal } from './modal';

export function AboutDialog({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const { version, devices } = useApp();
  return (
    <Modal title={t('about.aboutLazuli')} className="about" onClose={onClose}>
      <div className="about-body">
        <Gem size={44} />
        <p className="about-name">
          Lazuli <span className="muted">{version}</span>
        </p>
        <p className="muted">{t('about.aWorkbenchForNeural')}</p>
        <dl className="facts">
          {devices.map((device) => (
            <div key={device.id}>
              <dt>{device.name}</dt>
              <dd>{device.detail}</dd>
            </div>
          ))}
        </dl>
        <p className="muted small">{t('about.theCanvasIsDrawn')}</p>
      </div>
    </Modal>
  );
}
