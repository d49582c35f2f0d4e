// Helpers that make elements and texts.

/** Make an element: properties by name, `data` and `aria` as mappings, children after. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  const { data = {}, aria = {}, ...others } = properties;
  Object.assign(element, others);
  Object.assign(element.dataset, data);
  for (const [name, value] of Object.entries(aria)) {
    element.setAttribute(`aria-${name}`, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Enable or disable a button. A disabled button keeps the focus. */
export function enable(button, isEnabled) {
  button.setAttribute('aria-disabled', String(!isEnabled));
}

export const isEnabled = (button) => button.getAttribute('aria-disabled') !== 'true';

export const byId = (id) => document.getElementById(id);

const whole = new Intl.NumberFormat('en');

export const count = (number) => whole.format(number);

export const plural = (number, noun) => `${count(number)} ${noun}${number === 1 ? '' : 's'}`;

export const bytes = (size) => `${count(size)} B`;

const UNITS = [[1, 's'], [1e-3, 'ms'], [1e-6, 'µs'], [0, 'ns']];

/** Format seconds to three digits, in a suitable unit. */
export function duration(seconds) {
  const [, unit] = UNITS.find(([least]) => seconds >= least);
  const factor = { s: 1, ms: 1e3, µs: 1e6, ns: 1e9 }[unit];
  const value = seconds * factor;
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${unit}`;
}

/** Format a ratio. */
export function ratio(value, base) {
  const times = value / base;
  return `${times.toFixed(times >= 10 ? 1 : 2)}×`;
}

/** Decode base64 to bytes. */
export function fromBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** Remember a preference, if the browser allows it. */
export const kept = {
  get(key) {
    try {
      return localStorage.getItem(`falcon-media-${key}`);
    } catch {
      return null;
    }
  },
  set(key, value) {
    try {
      localStorage.setItem(`falcon-media-${key}`, value);
    } catch {
      // Storage is off: the preference lasts as long as the page.
    }
  },
};
