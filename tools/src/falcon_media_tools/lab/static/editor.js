// The message: samples, typing, and the place of errors.

import { byId, bytes, kept, make } from './dom.js';

const PAUSE = 180;

export class Editor extends EventTarget {
  #field = byId('message');
  #state = byId('message-state');
  #samples = byId('samples');
  #limit = Infinity;
  #timer = 0;

  constructor() {
    super();
    this.#field.addEventListener('input', () => {
      this.#mark(null);
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#changed(), PAUSE);
    });
    this.#field.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') {
        this.#field.blur();
      }
    });
  }

  get text() {
    return this.#field.value;
  }

  focus() {
    this.#field.focus();
  }

  /** Show the samples, and start with one unless there is text already. */
  begin({ samples, max_text: limit, notation }) {
    this.#limit = limit;
    this.#samples.replaceChildren(
      ...samples.map(({ key, title, what, text }) =>
        make('button', {
          type: 'button',
          textContent: title,
          title: what,
          data: { key },
          aria: { pressed: 'false' },
          onclick: () => this.#take(key, text),
        })),
    );
    byId('notation').replaceChildren(
      ...notation.map(([written, meaning]) =>
        make('p', {}, make('code', { textContent: written }), ` ${meaning}`)),
    );
    this.#field.disabled = false;
    if (this.#field.value) {
      this.#changed();
    } else {
      const first = samples.find(({ key }) => key === kept.get('sample')) ?? samples[0];
      this.#take(first.key, first.text);
    }
  }

  sample(index) {
    this.#samples.children[index]?.click();
  }

  /** Show that the message is valid. */
  accept(summary) {
    this.#field.removeAttribute('aria-invalid');
    this.#state.dataset.state = 'good';
    this.#state.replaceChildren(summary);
  }

  /** Show the error in the message, and its place. */
  refuse({ detail, offset = null, line = null, column = null, excerpt = null }) {
    this.#field.setAttribute('aria-invalid', 'true');
    this.#state.dataset.state = 'bad';
    const where = line === null ? '' : `Line ${line}, column ${column}: `;
    const parts = [make('span', { textContent: `${where}${detail}` })];
    if (offset !== null) {
      parts.push(' ', make('button', {
        type: 'button',
        className: 'link',
        textContent: 'Go there',
        onclick: () => this.#show(offset),
      }));
    }
    if (excerpt !== null) {
      const { before, at, after } = excerpt;
      parts.push(make('code', { className: 'excerpt', aria: { hidden: 'true' } },
        before, make('mark', { textContent: at || ' ' }), after));
    }
    this.#state.replaceChildren(...parts);
  }

  #take(key, text) {
    this.#field.value = text;
    this.#field.scrollTop = 0;
    this.#mark(key);
    kept.set('sample', key);
    clearTimeout(this.#timer);
    this.#changed();
  }

  #mark(key) {
    for (const button of this.#samples.children) {
      button.setAttribute('aria-pressed', String(button.dataset.key === key));
    }
  }

  #show(offset) {
    this.#field.focus();
    this.#field.setSelectionRange(offset, offset + 1);
  }

  #changed() {
    const size = new TextEncoder().encode(this.text).length;
    const half = this.text.search(/\p{Surrogate}/u);
    if (size > this.#limit) {
      this.refuse({
        detail: `The message is ${bytes(size)} long, and the lab takes up to ${bytes(this.#limit)}.`,
      });
      this.dispatchEvent(new Event('refused'));
    } else if (half >= 0) {
      this.refuse({ detail: 'The message contains half of a surrogate pair, which is not a character.', offset: half });
      this.dispatchEvent(new Event('refused'));
    } else {
      this.dispatchEvent(new Event('change'));
    }
  }
}
