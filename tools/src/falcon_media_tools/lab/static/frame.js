// A frame: its bytes, their meaning, and the changes of a round trip.

import { bytes, count, fromBase64, make } from './dom.js';
import { outcomeOf } from './table.js';

const FIRST = 256;
const ALL = 4096;

export class Pane extends EventTarget {
  #select;
  #meta = make('p', { className: 'meta' });
  #dump = make('div', { className: 'dump', role: 'img', tabIndex: 0 });
  #list = make('ul', { className: 'spans', tabIndex: 0, role: 'listbox' });
  #more = make('button', { type: 'button', className: 'link', textContent: 'Show more bytes' });
  #changes = make('div', { className: 'changes' });
  #answer = null;
  #shown = FIRST;
  #active = -1;

  constructor(element, label) {
    super();
    this.#select = make('select', { aria: { label } });
    this.#select.addEventListener('change', () => this.dispatchEvent(new Event('choose')));
    this.#list.setAttribute('aria-label', `${label}: the meaning of the bytes`);
    this.#dump.addEventListener('pointerover', ({ target }) => this.#activate(indexOf(target), true));
    this.#dump.addEventListener('click', ({ target }) => this.#activate(indexOf(target), true));
    this.#list.addEventListener('pointerover', ({ target }) => this.#activate(indexOf(target), false));
    this.#list.addEventListener('focus', () => this.#activate(Math.max(this.#active, 0), true));
    this.#list.addEventListener('keydown', (event) => this.#walk(event));
    this.#more.addEventListener('click', () => {
      this.#shown = ALL;
      this.#draw();
    });
    element.append(
      make('div', { className: 'pane-head' }, this.#select, this.#meta),
      this.#dump, this.#more, this.#list, this.#changes,
    );
  }

  get key() {
    return this.#select.value;
  }

  set key(key) {
    this.#select.value = key;
  }

  begin(handlers) {
    const before = this.key;
    this.#select.replaceChildren(
      ...handlers.map(({ key, name }) => make('option', { value: key, textContent: name })),
    );
    if (handlers.some(({ key }) => key === before)) {
      this.key = before;
    }
  }

  /** Show a frame, or the reason why there is none. */
  show(answer) {
    this.#answer = answer;
    this.#shown = FIRST;
    this.#active = -1;
    this.#draw();
  }

  #draw() {
    const { frame, spans, size, changes, refused, undecodable, payload_type: type } = this.#answer;
    const payload = frame === null ? new Uint8Array() : fromBase64(frame);
    const shown = payload.subarray(0, this.#shown);
    this.#meta.textContent = frame === null ? type : `${type} · ${bytes(size)}`;
    this.#dump.hidden = this.#list.hidden = frame === null;
    this.#dump.setAttribute('aria-label', `The first ${count(shown.length)} bytes, in hexadecimal`);
    this.#more.hidden = payload.length <= this.#shown;
    if (!this.#more.hidden) {
      this.#more.textContent = this.#shown === FIRST
        ? `Show more: these are ${count(shown.length)} of ${count(size)} bytes`
        : `${count(shown.length)} of ${count(size)} bytes: falcon-media decode shows all`;
      this.#more.disabled = this.#shown !== FIRST;
    }
    const visible = spans.filter(([start]) => start < shown.length);
    this.#dump.replaceChildren(...lines(shown, visible));
    this.#list.replaceChildren(...visible.map(([start, end, depth, text, fault], index) => {
      const where = end - start > 1 ? `${start}–${end - 1}` : `${start}`;
      const item = make('li', { role: 'option', id: `${this.#select.ariaLabel}-${index}`.replaceAll(' ', '-'), data: { span: index }, aria: { selected: 'false' } },
        make('span', { className: 'where', textContent: where }),
        make('span', { className: fault ? 'meaning fault' : 'meaning', textContent: text }));
      item.style.setProperty('--depth', Math.min(depth, 8));
      return item;
    }));
    if (!visible.length) {
      this.#list.replaceChildren(make('li', { className: 'quiet', role: 'option', textContent: 'The plugin of this format does not explain its bytes.' }));
    }
    this.#changes.replaceChildren(...told(outcomeOf(this.#answer)[0], changes, refused, undecodable));
  }

  #activate(index, scroll) {
    if (index === this.#active || index < 0) {
      return;
    }
    for (const element of this.#marked(this.#active)) {
      element.classList.remove('active');
    }
    for (const element of this.#marked(index)) {
      element.classList.add('active');
    }
    const items = this.#list.querySelectorAll('[data-span]');
    items[this.#active]?.setAttribute('aria-selected', 'false');
    const item = items[index];
    this.#active = index;
    if (item) {
      item.setAttribute('aria-selected', 'true');
      this.#list.setAttribute('aria-activedescendant', item.id);
      if (scroll) {
        this.#list.scrollTop = item.offsetTop - this.#list.offsetTop - this.#list.clientHeight / 2;
      }
    }
  }

  #marked(index) {
    return [
      ...this.#dump.querySelectorAll(`[data-span="${index}"]`),
      ...this.#list.querySelectorAll(`[data-span="${index}"]`),
    ];
  }

  #walk(event) {
    const last = this.#list.querySelectorAll('[data-span]').length - 1;
    const steps = { ArrowDown: this.#active + 1, ArrowUp: this.#active - 1, Home: 0, End: last };
    if (event.key in steps && last >= 0) {
      event.preventDefault();
      this.#activate(Math.min(Math.max(steps[event.key], 0), last), true);
    }
  }
}

const indexOf = (element) => Number(element.closest('[data-span]')?.dataset.span ?? -1);

const hex = (number, width) => number.toString(16).padStart(width, '0');

const printable = (byte) => (byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·');

/** Make the lines of a dump, with offsets, bytes and characters. */
function lines(payload, spans) {
  const width = matchMedia('(max-width: 620px)').matches ? 8 : 16;
  const owner = new Array(payload.length).fill(-1);
  spans.forEach(([start, end], index) => owner.fill(index, start, Math.min(end, payload.length)));
  const made = [];
  for (let start = 0; start < payload.length; start += width) {
    const cells = make('span', { className: 'hex' });
    const text = make('span', { className: 'ascii' });
    for (let at = start; at < Math.min(start + width, payload.length); at += 1) {
      const span = owner[at];
      const fault = span >= 0 && spans[span][4];
      const className = fault ? 'fault' : span % 2 ? 'odd' : '';
      cells.append(make('i', { className, data: { span }, textContent: hex(payload[at], 2) }));
      text.append(make('i', { className, data: { span }, textContent: printable(payload[at]) }));
    }
    made.push(make('div', {}, make('span', { className: 'offset', textContent: hex(start, 4) }), cells, text));
  }
  return made;
}

function told(state, changes, refused, undecodable) {
  const heading = (text) => make('h3', { data: { state }, textContent: text });
  if (refused !== null) {
    return [heading('The message is not carried'), make('p', { textContent: refused })];
  }
  if (undecodable !== null) {
    return [heading('The handler refuses its own payload'), make('p', { textContent: undecodable })];
  }
  if (!changes.length) {
    return [heading('A round trip changes nothing')];
  }
  const items = changes.map(({ path, sent, received, count: times }) =>
    make('li', {}, make('code', { textContent: path }), ' ', make('span', { textContent: sent }),
      ' → ', make('span', { textContent: received }), times > 1 ? ` (${count(times)} times)` : ''));
  return [heading('A round trip changes'), make('ul', {}, ...items)];
}
