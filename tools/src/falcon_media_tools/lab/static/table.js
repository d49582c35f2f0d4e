// The table: size and speed of each handler, as numbers and bars.

import { byId, bytes, duration, kept, make, plural, ratio } from './dom.js';

const METRICS = ['size', 'deflated_size', 'encode', 'decode'];
const CLIPPED_BEYOND = 8;
const LABELS = { size: 'Size', deflated_size: 'Deflated', encode: 'Encode', decode: 'Decode' };

export class Table extends EventTarget {
  #body = byId('rows');
  #baseline = byId('baseline');
  #sort = byId('sort');
  #rows = new Map();
  #selected = null;

  constructor() {
    super();
    this.#baseline.addEventListener('change', () => this.#draw());
    this.#sort.addEventListener('change', () => this.sort());
  }

  get selected() {
    return this.#selected;
  }

  /** Make a row for each handler. */
  begin(handlers) {
    const usable = handlers.filter(({ error }) => error === null);
    const before = this.#selected ?? kept.get('handler');
    this.#rows = new Map(handlers.map((handler) => [handler.key, makeRow(handler)]));
    this.#body.replaceChildren(...[...this.#rows.values()].map(({ element }) => element));
    for (const { radio } of this.#rows.values()) {
      radio?.addEventListener('change', () => this.#select(radio.value));
    }
    this.#baseline.replaceChildren(
      ...usable.map(({ key, name }) => make('option', { value: key, textContent: name })),
    );
    const first = usable.find(({ key }) => key === before) ?? usable[0];
    if (first) {
      this.#rows.get(first.key).radio.checked = true;
      this.#select(first.key);
    }
  }

  focus() {
    this.#rows.get(this.#selected)?.radio.focus();
  }

  /** Show the sizes and the changes. */
  measured(frames) {
    for (const [key, row] of this.#rows) {
      row.frame = frames.find((frame) => frame.key === key) ?? null;
      row.isTimed = false;
      if (row.frame?.carried === false) {
        row.times = null;
      }
    }
    this.#draw();
    this.sort();
  }

  /** Show the times of the handlers, or the error. */
  timed({ speeds, error }) {
    for (const [key, row] of this.#rows) {
      const own = speeds.filter(({ handler }) => handler === key);
      row.times = Object.fromEntries(own.map(({ operation, seconds }) => [operation, seconds]));
      row.timingError = error;
      row.isTimed = own.length > 0 || error !== null;
    }
    this.#draw();
  }

  /** Sort the rows as chosen; those without a value come last. */
  sort() {
    const metric = this.#sort.value;
    const rows = [...this.#rows.values()];
    if (metric) {
      const order = new Map(rows.map((row) => [row, valueOf(row, metric)?.value ?? Infinity]));
      rows.sort((one, other) => (order.get(one) < order.get(other) ? -1 : Number(order.get(one) > order.get(other))));
    }
    const elements = rows.map(({ element }) => element);
    if (elements.some((element, index) => element !== this.#body.children[index])) {
      const focused = this.#body.contains(document.activeElement) ? document.activeElement : null;
      this.#body.replaceChildren(...elements);
      focused?.focus();
    }
  }

  /** Mark all figures as those of an earlier message, since the current one is invalid. */
  stale(isStale) {
    document.body.classList.toggle('stale', isStale);
  }

  /** Fade the figures of an earlier message. */
  outdated(isOutdated) {
    document.body.classList.toggle('outdated', isOutdated);
  }

  #select(key) {
    this.#selected = key;
    kept.set('handler', key);
    for (const [other, { element }] of this.#rows) {
      element.classList.toggle('selected', other === key);
    }
    this.dispatchEvent(new Event('select'));
  }

  #draw() {
    this.outdated(false);
    this.stale(false);
    for (const metric of METRICS) {
      const values = new Map();
      for (const [key, row] of this.#rows) {
        values.set(key, valueOf(row, metric));
      }
      const known = [...values.values()].filter((value) => value !== null);
      const longest = longestOf(known);
      const base = values.get(this.#baseline.value) ?? null;
      for (const [key, row] of this.#rows) {
        if (row.cells) {
          drawCell(row.cells[metric], values.get(key), base, longest, row, metric);
        }
      }
    }
    for (const row of this.#rows.values()) {
      if (row.cells) {
        drawOutcome(row.outcome, row.frame);
        drawReason(row);
      }
    }
  }
}

function makeRow(handler) {
  const { key, name, payload_type: type, distribution, version, summary, error, note } = handler;
  const origin = make('small', {
    textContent: `${type ?? 'unknown'} · ${distribution}`,
    title: `${distribution} ${version}`,
  });
  if (error !== null) {
    const element = make('tr', { className: 'unusable' },
      make('th', { scope: 'row' }, make('span', { className: 'name', textContent: name }), origin),
      make('td', { colSpan: 5 }, make('b', { textContent: 'Not usable. ' }), error));
    return { element, cells: null, radio: null };
  }
  const radio = make('input', { type: 'radio', name: 'handler', value: key });
  const cells = {};
  for (const metric of METRICS) {
    cells[metric] = makeCell(metric);
  }
  const outcome = make('td', { className: 'outcome', data: { label: 'Round trip' } });
  const element = make('tr', { data: { handler: name } },
    make('th', { scope: 'row' },
      make('label', { title: summary ?? '' }, radio,
        make('span', { className: 'name', textContent: name }), origin,
        note ? make('small', { className: 'note', textContent: note.short }) : null)),
    ...METRICS.map((metric) => cells[metric].element),
    outcome);
  return { element, radio, cells, outcome, frame: null, times: null, isTimed: false };
}

function makeCell(metric) {
  const value = make('span', { className: 'value' });
  const more = make('span', { className: 'more' });
  const fill = make('i');
  const spread = make('b');
  const bar = make('span', { className: 'bar', aria: { hidden: 'true' } }, fill, spread);
  const element = make('td', { className: `metric ${metric}`, data: { label: LABELS[metric] } },
    value, bar, more);
  return { element, value, more, fill, spread };
}

/** Return the value of a full bar. One slow handler must not shrink all other bars. */
function longestOf(known) {
  const values = known.map(({ value }) => value).sort((one, other) => one - other);
  const limit = CLIPPED_BEYOND * values[(values.length - 1) >> 1];
  return Math.max(...known.filter(({ value }) => value <= limit).map(({ high }) => high), 0);
}

function valueOf(row, metric) {
  if (metric === 'encode' || metric === 'decode') {
    if (!row.times?.[metric]) {
      return null;
    }
    const { median, quartiles } = row.times[metric];
    return { value: median, low: quartiles[0], high: quartiles[1] };
  }
  const size = row.frame?.[metric] ?? null;
  return size === null ? null : { value: size, low: size, high: size };
}

function drawCell(cell, found, base, longest, row, metric) {
  const isTime = metric === 'encode' || metric === 'decode';
  cell.element.classList.toggle('pending', isTime && !row.isTimed && row.frame?.carried === true);
  if (found === null) {
    const isWaiting = row.frame === null || (isTime && row.frame.carried && !row.isTimed);
    cell.value.textContent = isWaiting ? '…' : '–';
    cell.element.title = (isTime && row.timingError) || '';
    cell.more.textContent = '';
    cell.element.classList.toggle('none', !isWaiting);
    cell.element.classList.remove('clipped');
    cell.fill.style.inlineSize = '0';
    cell.spread.style.inlineSize = '0';
    return;
  }
  cell.element.classList.remove('none');
  const { value, low, high } = found;
  const percent = (part) => `${Math.min((100 * part) / longest, 100)}%`;
  cell.element.classList.toggle('clipped', value > longest);
  cell.value.textContent = isTime ? duration(value) : bytes(value);
  cell.more.textContent = [
    base === null ? null : ratio(value, base.value),
    isTime ? `±${spreadOf(found)}` : null,
  ].filter(Boolean).join(' ');
  cell.fill.style.inlineSize = percent(value);
  cell.spread.style.insetInlineStart = percent(low);
  cell.spread.style.inlineSize = isTime ? percent(high - low) : '0';
  cell.element.title = isTime
    ? `Median ${duration(value)}; the middle half of the rounds took ${duration(low)} to ${duration(high)}`
    : '';
}

function spreadOf({ value, low, high }) {
  const percent = (100 * (high - low)) / 2 / value;
  return percent < 0.95 ? '<1%' : `${percent.toFixed(0)}%`;
}

function drawOutcome(cell, frame) {
  if (frame === null) {
    cell.replaceChildren();
    return;
  }
  const [state, text] = outcomeOf(frame);
  cell.dataset.state = state;
  cell.replaceChildren(text);
}

/** Replace the figures of a row with the reason why there are none. */
function drawReason({ cells, frame }) {
  const { refused = null, undecodable = null } = frame ?? {};
  const reason = refused ?? undecodable;
  const without = METRICS.slice(refused === null ? 2 : 0);
  for (const metric of METRICS) {
    const { element, more } = cells[metric];
    const isFirst = reason !== null && metric === without[0];
    element.hidden = reason !== null && without.includes(metric) && !isFirst;
    element.colSpan = isFirst ? without.length : 1;
    element.classList.toggle('reason', isFirst);
    if (isFirst) {
      more.textContent = reason;
    }
  }
}

/** Return the outcome of a round trip: a state, and a text to show. */
export function outcomeOf({ refused, undecodable, changes }) {
  if (refused !== null) {
    return ['bad', 'not carried'];
  }
  if (undecodable !== null) {
    return ['bad', 'not read back'];
  }
  return changes.length ? ['warn', plural(changes.length, 'change')] : ['good', 'unchanged'];
}
