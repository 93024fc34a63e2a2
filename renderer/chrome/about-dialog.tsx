// Version, devices and thanks.
import type { JSX } from 'react';

import { useApp } from '../stores/app';
import { Gem } from './gem';
import { Modal } from './modal';

export function AboutDialog({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const { version, devices } = useApp();
  return (
    <Modal title="About Lazuli" className="about" onClose={onClose}>
      <div className="about-body">
        <Gem size={44} />
        <p className="about-name">
          Lazuli <span className="muted">{version}</span>
        </p>
        <p className="muted">A workbench for neural networks whose layers find their own sizes.</p>
        <dl className="facts">
          {devices.map((device) => (
            <div key={device.id}>
              <dt>{device.name}</dt>
              <dd>{device.detail}</dd>
            </div>
          ))}
        </dl>
        <p className="muted small">The canvas is drawn with React Flow, curves with uPlot, layouts by ELK.</p>
      </div>
    </Modal>
  );
}
