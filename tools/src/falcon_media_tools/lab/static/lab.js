// The page: connects the events of its parts.

import { Control } from './control.js';
import { byId, bytes, enable, isEnabled, kept, make, plural } from './dom.js';
import { Editor } from './editor.js';
import { Pane } from './frame.js';
import { bindKeys } from './keys.js';
import { Table } from './table.js';
import { assemble, kindOf, sizeOf, verdictOf, Wire } from './wire.js';

const control = new Control();
const editor = new Editor();
const table = new Table();
const wire = new Wire();
const panes = [new Pane(byId('pane-a'), 'Frame of'), new Pane(byId('pane-b'), 'beside that of')];

let handlers = new Map();
let usable = [];
let measureId = 0;
let isMeasured = false;
let isBusy = false;
let carried = new Set();

// ------------------------------------------------------------------ The lab itself

function status(state, text) {
  const line = byId('status');
  line.dataset.state = state;
  line.textContent = text;
}

function connected() {
  status('good', `Connected · ${plural(usable.length, 'handler')}`);
}

control.addEventListener('hello', ({ detail: hello }) => {
  handlers = new Map(hello.handlers.map((handler) => [handler.key, handler]));
  usable = hello.handlers.filter(({ error }) => error === null);
  connected();
  byId('footer').textContent = `falcon-media ${hello.version} on CPython ${hello.python}, `
    + `Falcon ${hello.falcon}. Budgets here: ${bytes(hello.limits.max_size)}, `
    + `${hello.limits.max_depth} levels, ${hello.limits.max_items.toLocaleString('en')} items.`;
  panes.forEach((pane) => pane.begin(usable));
  table.begin(hello.handlers);
  byId('notes').replaceChildren(...usable.filter(({ note }) => note !== null).map(({ name, note }) =>
    make('p', {}, make('b', { textContent: `${name} ${note.short}` }), ` ${note.long} `,
      make('code', { textContent: note.command }))));
  editor.begin(hello);
});

control.addEventListener('lost', ({ detail: { code, reason } }) => {
  const why = code === 1006 ? 'It has stopped or cannot be reached' : `${code} ${reason}`;
  status('bad', `No connection to the lab. ${why}: trying again`);
  byId('message').setAttribute('aria-busy', 'true');
  isMeasured = false;
  table.outdated(true);
  wire.close();
  buttons();
});

control.addEventListener('error', ({ detail: { detail } }) => status('bad', detail));

// --------------------------------------------------------------------- The message

editor.addEventListener('change', () => {
  table.outdated(true);
  isMeasured = false;
  measureId = control.tell('measure', { text: editor.text });
  buttons();
});

function stale() {
  table.stale(true);
  byId('timing-state').textContent = 'The message is invalid. These are the figures of the last valid one';
}

editor.addEventListener('refused', () => {
  isMeasured = false;
  measureId = 0;
  stale();
  buttons();
});

control.addEventListener('invalid', ({ detail: { id, error } }) => {
  if (id === measureId) {
    editor.refuse(error);
    stale();
  }
});

control.addEventListener('measured', ({ detail: { id, frames, summary } }) => {
  if (id !== measureId) {
    return;
  }
  byId('message').removeAttribute('aria-busy');
  connected();
  editor.accept(summary);
  table.measured(frames);
  isMeasured = true;
  carried = new Set(frames.filter((frame) => frame.carried).map(({ key }) => key));
  byId('timing-state').textContent = carried.size ? `Timing ${plural(carried.size, 'handler')}` : '';
  look();
  buttons();
});

control.addEventListener('timing', ({ detail }) => {
  if (detail.id === measureId) {
    table.timed(detail);
  }
});

control.addEventListener('timed', ({ detail: { id } }) => {
  if (id === measureId) {
    table.sort();
    byId('timing-state').textContent = carried.size ? `Timed ${plural(carried.size, 'handler')}` : '';
  }
});

// ---------------------------------------------------------------------- The frames

async function look() {
  const id = measureId;
  const wanted = panes.map(({ key }) => key);
  try {
    const answers = await Promise.all(wanted.map((key) => control.ask('frame', { key })));
    answers.forEach((answer, index) => {
      if (id === measureId && panes[index].key === wanted[index]) {
        panes[index].show(answer);
      }
    });
  } catch (ex) {
    status('bad', ex.message);
  }
}

table.addEventListener('select', () => {
  panes[0].key = table.selected;
  if (panes[1].key === table.selected) {
    panes[1].key = usable.find(({ key }) => key !== table.selected)?.key ?? table.selected;
  }
  const handler = handlers.get(table.selected);
  wire.open(handler);
  attacks(handler);
  buttons();
  if (isMeasured) {
    look();
  }
});

panes.forEach((pane, index) => pane.addEventListener('choose', () => {
  if (index === 0) {
    document.querySelector(`input[name=handler][value="${pane.key}"]`).click();
  } else if (isMeasured) {
    look();
  }
}));

// ------------------------------------------------------------------------ The wire

function buttons() {
  const isReady = wire.isOpen && !isBusy;
  enable(byId('send'), isReady && isMeasured && carried.has(table.selected));
  enable(byId('reopen'), control.isOpen && !isBusy);
  for (const button of byId('attack-buttons').children) {
    enable(button, isReady);
  }
}

function attacks(handler) {
  byId('attack-buttons').replaceChildren(...handler.attacks.map(({ key, title, what }) =>
    make('button', {
      type: 'button',
      title: what,
      data: { attack: key },
      onclick: ({ currentTarget }) => attack(handler, { key, title, what }, currentTarget),
      onfocus: () => { byId('attack-what').textContent = what; },
      onpointerenter: () => { byId('attack-what').textContent = what; },
    }, title, make('output', {}))));
}

async function busy(work) {
  isBusy = true;
  buttons();
  try {
    await work();
  } catch (ex) {
    wire.note('error', ex.message);
  } finally {
    isBusy = false;
    buttons();
  }
}

function send() {
  if (!isEnabled(byId('send'))) {
    return;
  }
  busy(async () => {
    const { payload } = await control.ask('payload', { key: table.selected });
    const assembled = assemble(payload);
    await wire.send(assembled, `the message: ${kindOf(assembled)}, ${bytes(sizeOf(assembled))}`);
  });
}

function attack(handler, { key, title }, button) {
  if (!isEnabled(button)) {
    return;
  }
  busy(async () => {
    const { payload, outcome } = await control.ask('attack', { key: handler.key, attack: key });
    let ended = outcome;
    if (payload) {
      const assembled = assemble(payload);
      ended = await wire.send(assembled, `${title}: ${kindOf(assembled)}, ${bytes(sizeOf(assembled))}`);
    } else {
      wire.note('sent', `${title}: sent by the lab over a separate connection, since browsers cannot send it`);
      wire.closed(outcome.code, outcome.reason);
    }
    const badge = button.querySelector('output');
    badge.textContent = { closed: ended.code, message: 'accepted' }[ended.kind] ?? '-';
    badge.dataset.verdict = verdictOn(ended);
    button.title = `${title}: ${ended.kind === 'closed' ? `closed with ${ended.code} ${ended.reason}` : ended.kind}`;
  });
}

/** An attack should end in a refusal. */
function verdictOn({ kind, code }) {
  if (kind === 'closed') {
    return verdictOf(code);
  }
  return kind === 'message' ? 'warn' : 'bad';
}

wire.addEventListener('state', buttons);
wire.addEventListener('closed', () => {
  if (control.isOpen) {
    setTimeout(() => wire.reopen(), 50);
  }
});
byId('send').addEventListener('click', send);
byId('reopen').addEventListener('click', () => isEnabled(byId('reopen')) && wire.reopen());

// ------------------------------------------------------------------- Keys and theme

const THEMES = ['system', 'light', 'dark'];

function theme(name) {
  kept.set('theme', name);
  if (name === 'system') {
    delete document.documentElement.dataset.theme;
  } else {
    document.documentElement.dataset.theme = name;
  }
  byId('theme').textContent = `Theme: ${name}`;
}

function nextTheme() {
  const now = document.documentElement.dataset.theme ?? 'system';
  theme(THEMES[(THEMES.indexOf(now) + 1) % THEMES.length]);
}

byId('theme').addEventListener('click', nextTheme);
byId('theme').textContent = `Theme: ${document.documentElement.dataset.theme ?? 'system'}`;

bindKeys([
  [['m'], 'Go to the message', () => editor.focus()],
  [['1', '2', '3'], 'Take a sample message', (key) => editor.sample(Number(key) - 1)],
  [['h'], 'Go to the handlers', () => table.focus()],
  [['b'], 'Go to the bytes', () => document.querySelector('#pane-a .spans').focus()],
  [['s'], 'Send the message', send],
  [['a'], 'Go to the attacks', () => document.querySelector('#attack-buttons button')?.focus()],
  [['l'], 'Go to the log', () => byId('log').focus()],
  [['t'], 'Change the theme', nextTheme],
], send);

control.connect();
