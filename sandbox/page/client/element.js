// Creates elements. Text always becomes text nodes, never markup, so user input cannot inject HTML.

const properties = new Set(['value', 'checked', 'disabled', 'hidden', 'multiple', 'required', 'selected', 'open']);

/**
 * Creates an element with attributes, listeners (`onclick`) and children; skips undefined, null and false children.
 * @param {string} tag
 * @param {Record<string, unknown>} [attributes]
 * @param {...unknown} children
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'class') element.className = value;
    else if (properties.has(name)) element[name] = value;
    else if (value !== false) element.setAttribute(name, value === true ? '' : String(value));
  }
  const kept = children.flat(2).filter((child) => child !== undefined && child !== null && child !== false);
  element.append(...kept);
  return element;
}

export function button(label, onclick, attributes = {}) {
  return make('button', { type: 'button', onclick, ...attributes }, label);
}

let made = 0;

/** An id that is unique on the page. */
export function freshId(kind) {
  made += 1;
  return `${kind}-${made}`;
}

/** 14:05 */
export function clockTime(at) {
  return new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}

export function fileSize(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 2 ** 20 ? `${(bytes / 1024).toFixed(0)} KB` : `${(bytes / 2 ** 20).toFixed(1)} MB`;
}

let hiding;

/** Shows a message for a few seconds; screen readers announce it. */
export function toast(text, bad = false) {
  const place = document.querySelector('#toast');
  place.textContent = text;
  place.className = bad ? 'toast shown bad' : 'toast shown';
  clearTimeout(hiding);
  hiding = setTimeout(() => {
    place.className = 'toast';
  }, 6000);
}
