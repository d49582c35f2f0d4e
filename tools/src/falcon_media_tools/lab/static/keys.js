// Shortcuts, and the list of them.

import { byId, kept, make } from './dom.js';

/** Bind shortcuts: rows of [keys, what they do, function]. */
export function bindKeys(shortcuts, sendAnywhere) {
  const dialog = byId('help');
  const isOn = byId('keys-on');
  isOn.checked = kept.get('keys') !== 'off';
  isOn.addEventListener('change', () => kept.set('keys', isOn.checked ? 'on' : 'off'));

  const open = () => dialog.showModal();
  byId('help-open').addEventListener('click', open);
  const rows = [...shortcuts, [['?'], 'This list', open]];
  const listed = [...rows, [['Ctrl Enter'], 'Send the message, even while typing'], [['Esc'], 'Leave the message'],
    [['↑', '↓'], 'In the table: choose a handler. In a list of bytes: walk']];
  byId('keys').replaceChildren(...listed.flatMap(([keys, what]) => [
    make('dt', {}, ...keys.map((key) => make('kbd', { textContent: key }))),
    make('dd', { textContent: what }),
  ]));

  document.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      sendAnywhere();
      return;
    }
    const isTyping = event.target.matches('textarea, select, input:not([type=radio], [type=checkbox])');
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping || dialog.open || !isOn.checked) {
      return;
    }
    const found = rows.find(([keys]) => keys.includes(event.key));
    if (found) {
      event.preventDefault();
      found[2](event.key);
    }
  });
}
