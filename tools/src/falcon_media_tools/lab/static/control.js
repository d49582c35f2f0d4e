// The control connection to the lab: requests and answers, in JSON.

const SUBPROTOCOL = 'falcon-media.lab.v1';
const FIRST_PAUSE = 400;
const LONGEST_PAUSE = 5000;

export class Control extends EventTarget {
  #socket = null;
  #pause = FIRST_PAUSE;
  #lastId = 0;
  #waiting = new Map();

  connect() {
    const socket = new WebSocket(`ws://${location.host}/lab`, [SUBPROTOCOL]);
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => this.#receive(JSON.parse(data)));
    socket.addEventListener('close', ({ code, reason }) => {
      for (const { reject } of this.#waiting.values()) {
        reject(new Error('The lab has closed the connection.'));
      }
      this.#waiting.clear();
      this.#emit('lost', { code, reason });
      setTimeout(() => this.connect(), this.#pause);
      this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE);
    });
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Send a request whose answers come as events; returns its number. */
  tell(type, rest = {}) {
    const id = ++this.#lastId;
    if (this.isOpen) {
      this.#socket.send(JSON.stringify({ type, id, ...rest }));
    }
    return id;
  }

  /** Send a request that has one answer. */
  ask(type, rest = {}) {
    if (!this.isOpen) {
      return Promise.reject(new Error('The lab is not connected.'));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.set(this.tell(type, rest), { resolve, reject });
    });
  }

  #receive(answer) {
    const waiting = this.#waiting.get(answer.id);
    if (waiting) {
      this.#waiting.delete(answer.id);
      if (answer.type === 'error') {
        waiting.reject(new Error(answer.detail));
      } else {
        waiting.resolve(answer);
      }
      return;
    }
    if (answer.type === 'hello') {
      this.#pause = FIRST_PAUSE;
    }
    this.#emit(answer.type, answer);
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
