// The window's entry: starts the synchronization with the main process and draws the app. What nobody catches is shown, not lost.
import { createRoot } from 'react-dom/client';

import { App } from './app';
import { start } from './start';
import { showError } from './stores/toasts';
import { t } from './text';
import './styles/index.css';

window.addEventListener('error', (event) => {
  // A resize that needs a second round is no error; browsers report it as one.
  if (event.message.startsWith('ResizeObserver loop')) return;
  showError(t('told.somethingWentWrong'), event.error ?? event.message);
});
window.addEventListener('unhandledrejection', (event) => {
  showError(t('told.somethingWentWrong'), event.reason);
});
// A file dropped beside a drop zone would replace the page.
for (const type of ['dragover', 'drop'] as const)
  window.addEventListener(type, (event) => {
    event.preventDefault();
  });

const root = document.querySelector('#root');
if (root) {
  start();
  createRoot(root).render(<App />);
}
