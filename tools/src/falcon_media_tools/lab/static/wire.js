// A live WebSocket in the chosen format, and its log.

import { byId, bytes, fromBase64, make } from './dom.js';

const KEPT = 200;
const PATIENCE = 8000;
const PREVIEW = 24;

const MEANINGS = {
  1000: 'normal closure',
  1001: 'going away',
  1002: 'protocol error',
  1003: 'unsupported data',
  1005: 'no code given',
  1006: 'no close frame: the connection broke',
  1007: 'invalid payload',
  1009: 'message too big',
  1011: 'internal error',
  1013: 'try again later',
};

export class Wire extends EventTarget {
  #socket = null;
  #handler = null;
  #expected = null;
  #log = byId('log');
  #lines = this.#log.querySelector('ol');

  constructor() {
    super();
    byId('clear').addEventListener('click', () => this.#lines.replaceChildren());
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Connect in the subprotocol of a handler, unless already connected. */
  open(handler) {
    if (this.#handler?.key === handler.key && this.#socket && this.#socket.readyState <= WebSocket.OPEN) {
      return;
    }
    this.close();
    this.#handler = handler;
    byId('wire-subprotocol').textContent = handler.key;
    this.#connect();
  }

  reopen() {
    if (this.#handler) {
      this.close();
      this.#connect();
    }
  }

  close() {
    const socket = this.#socket;
    this.#socket = null;
    if (socket && socket.readyState <= WebSocket.OPEN) {
      socket.close(1000);
    }
    this.#settle({ kind: 'gone' });
    this.#state('closed');
  }

  /** Send a payload; resolves to the outcome: a message, a close, or neither. */
  send(payload, what) {
    if (!this.isOpen) {
      return Promise.reject(new Error('The connection is not open.'));
    }
    const outcome = new Promise((resolve) => {
      const timer = setTimeout(() => this.#settle({ kind: 'silence' }), PATIENCE);
      this.#expected = { payload, timer, resolve };
    });
    this.note('sent', what, payload);
    this.#socket.send(payload);
    return outcome;
  }

  /** Add a line to the log. */
  note(kind, text, payload = null, verdict = '') {
    const time = new Date().toTimeString().slice(0, 8);
    const line = make('li', { data: { kind, verdict } },
      make('time', { textContent: time }),
      make('b', { textContent: kind }),
      make('span', { textContent: text }),
      payload === null ? null : make('code', { textContent: preview(payload) }));
    this.#lines.append(line);
    while (this.#lines.children.length > KEPT) {
      this.#lines.firstElementChild.remove();
    }
    this.#log.scrollTop = this.#log.scrollHeight;
  }

  closed(code, reason, by = '') {
    const meaning = MEANINGS[code] ?? 'a code of the application';
    this.note('closed', `${code} ${reason || '(no reason)'} · ${meaning}${by}`, null, verdictOf(code));
  }

  #connect() {
    const socket = new WebSocket(`ws://${location.host}/wire`, [this.#handler.key]);
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    this.#state('opening');
    let wasOpen = false;
    socket.addEventListener('open', () => {
      if (socket === this.#socket) {
        wasOpen = true;
        this.#state('open');
        this.note('opened', socket.protocol);
      }
    });
    socket.addEventListener('message', ({ data }) => {
      if (socket === this.#socket) {
        this.#receive(data);
      }
    });
    socket.addEventListener('close', ({ code, reason }) => {
      if (socket === this.#socket) {
        this.#socket = null;
        this.#state('closed');
        this.closed(code, reason);
        this.#settle({ kind: 'closed', code, reason });
        // A connection that was refused at once would be refused again.
        if (wasOpen) {
          this.dispatchEvent(new Event('closed'));
        }
      }
    });
  }

  #receive(data) {
    const same = this.#expected && equal(this.#expected.payload, data);
    this.note('received', `${kindOf(data)}, ${bytes(sizeOf(data))}${same ? ', the same as was sent' : ''}`, data);
    this.#settle({ kind: 'message' });
  }

  #settle(outcome) {
    const expected = this.#expected;
    this.#expected = null;
    if (expected) {
      clearTimeout(expected.timer);
      if (outcome.kind === 'silence') {
        this.note('error', `nothing came back within ${PATIENCE / 1000} seconds`);
      }
      expected.resolve(outcome);
    }
  }

  #state(state) {
    const pill = byId('wire-state');
    pill.textContent = state;
    pill.dataset.state = state;
    this.dispatchEvent(new Event('state'));
  }
}

const REFUSALS = [1003, 1007, 1009];

/** Classify a close code: a refused payload, an ordinary close, or a failure. */
export function verdictOf(code) {
  return REFUSALS.includes(code) ? 'good' : [1000, 1001, 1005].includes(code) ? '' : 'bad';
}

/** Join [data, times] pairs to a payload. */
export function assemble({ type, parts }) {
  if (type === 'TEXT') {
    return parts.map(([data, times]) => data.repeat(times)).join('');
  }
  const pieces = parts.map(([data, times]) => [fromBase64(data), times]);
  const size = pieces.reduce((sum, [data, times]) => sum + data.length * times, 0);
  const payload = new Uint8Array(size);
  let at = 0;
  for (const [data, times] of pieces) {
    for (let time = 0; time < times; time += 1) {
      payload.set(data, at);
      at += data.length;
    }
  }
  return payload;
}

export const kindOf = (payload) => (typeof payload === 'string' ? 'TEXT' : 'BINARY');

export const sizeOf = (payload) =>
  (typeof payload === 'string' ? new TextEncoder().encode(payload).length : payload.byteLength);

function equal(one, other) {
  if (typeof one === 'string' || typeof other === 'string') {
    return one === other;
  }
  const [a, b] = [new Uint8Array(one), new Uint8Array(other)];
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

function preview(payload) {
  if (typeof payload === 'string') {
    const [start, more] = [payload.slice(0, 3 * PREVIEW), payload.length > 3 * PREVIEW];
    return `${start.replaceAll('\0', '␀')}${more ? '…' : ''}`;
  }
  const data = new Uint8Array(payload);
  const shown = [...data.subarray(0, PREVIEW)].map((byte) => byte.toString(16).padStart(2, '0'));
  return `${shown.join(' ')}${data.length > PREVIEW ? ' …' : ''}`;
}
