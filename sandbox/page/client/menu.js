// The context menu of a message with its app commands. Opens at a button or at the mouse.
import { button, make } from './element.js';

let close = () => {};

/**
 * @param {HTMLElement} opener receives focus when the menu closes
 * @param {{ x: number, y: number }} at
 * @param {{ label: string, choose: () => void }[]} items
 */
export function openMenu(opener, at, items) {
  close();
  const choose = (item) => () => {
    close();
    item.choose();
  };
  const entries = items.map((item) => button(item.label, choose(item), { role: 'menuitem', tabindex: -1 }));
  const menu = make(
    'div',
    { class: 'menu', role: 'menu', 'aria-label': 'Message', onkeydown: handleKey },
    make('div', { class: 'menu-heading', role: 'presentation' }, 'Apps ▸'),
    entries.length > 0 ? entries : make('div', { class: 'menu-heading' }, 'nothing for this message'),
  );

  function handleKey(event) {
    const index = entries.indexOf(document.activeElement);
    const steps = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: -1 };
    if (event.key in steps) {
      event.preventDefault();
      entries.at(steps[event.key] % entries.length)?.focus();
    }
    if (event.key === 'Escape' || event.key === 'Tab') {
      event.preventDefault();
      close();
    }
  }

  function closeOnOutsideClick(event) {
    if (!menu.contains(event.target)) close();
  }

  close = () => {
    close = () => {};
    document.removeEventListener('pointerdown', closeOnOutsideClick);
    menu.remove();
    opener.focus();
  };

  document.body.append(menu);
  const { width, height } = menu.getBoundingClientRect();
  menu.style.left = `${Math.max(8, Math.min(at.x, innerWidth - width - 8))}px`;
  menu.style.top = `${Math.max(8, Math.min(at.y, innerHeight - height - 8))}px`;
  document.addEventListener('pointerdown', closeOnOutsideClick);
  entries[0]?.focus();
}
