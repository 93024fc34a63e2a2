// What an empty graph shows: how to begin.
import { Plus, LayoutTemplate } from 'lucide-react';
import type { JSX } from 'react';

import { runCommand } from '../actions/commands';
import { insertLayer } from '../actions/insert';

export function EmptyCanvas(): JSX.Element {
  return (
    <div className="empty-canvas">
      <div className="empty-canvas-card">
        <h2>Draw a network</h2>
        <p>
          Start with an input, then add layers from the palette. Leave every input size blank: one sample
          batch decides them all.
        </p>
        <div className="empty-actions">
          <button
            type="button"
            className="button is-primary"
            onClick={() => {
              insertLayer('input');
            }}
          >
            <Plus size={14} aria-hidden />
            Add an input
          </button>
          <button
            type="button"
            className="button"
            onClick={() => {
              runCommand('file.new');
            }}
          >
            <LayoutTemplate size={14} aria-hidden />
            Start from a template
          </button>
        </div>
      </div>
    </div>
  );
}
