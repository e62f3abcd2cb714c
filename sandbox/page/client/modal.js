// A modal: a dialog that stays open until submitted or cancelled.
import { components as drawComponents } from './components.js';
import { button, freshId, make } from './element.js';
import { createField } from './fields.js';
import { markdown } from './markdown.js';
import { act } from './server.js';

/** Renders a component and adds its fields to the map. */
function createPart(component, fields) {
  if (component.type === 1) return (component.components ?? []).map((inner) => labelled(inner, inner, fields));
  if (component.type === 18) return labelled(component.component, component, fields);
  if (component.type === 10) return make('div', { class: 'text' }, markdown(component.content ?? ''));
  return drawComponents([component], () => {});
}

function labelled(component, { label, description }, fields) {
  const field = createField(component, label ?? component.custom_id);
  if (!field) return undefined;
  fields.set(component.custom_id, field);
  const id = freshId('field');
  const optional = component.required === false && component.type !== 23;
  const single = /^(?:INPUT|TEXTAREA|SELECT)$/.test(field.element.tagName);
  if (single) field.element.id = id;
  else field.element.setAttribute('aria-labelledby', id);
  const words = [label, optional && make('small', {}, ' (optional)')];
  return make(
    'div',
    { class: component.type === 23 ? 'field inline' : 'field' },
    single ? make('label', { for: id }, words) : make('div', { class: 'label', id }, words),
    description && make('small', {}, description),
    field.element,
  );
}

/** Shows the modal and submits it as the current user. */
export function openModal({ interaction, title, components }) {
  const fields = new Map();
  const error = make('div', { class: 'failure', role: 'alert' });
  let busy = false;
  const send = make('button', { type: 'submit', class: 'press primary' }, 'Submit');

  async function submit(event) {
    event.preventDefault();
    if (busy) return;
    busy = true;
    error.textContent = '';
    try {
      await Promise.all([...fields.values()].map((field) => field.ready?.()));
      const entered = [...fields]
        .map(([name, field]) => [name, field.read()])
        .filter(([, value]) => value !== undefined);
      const { failed } = await act('submit', { interaction, fields: Object.fromEntries(entered) });
      if (failed) error.textContent = failed;
      else dialog.close();
    } catch (problem) {
      error.textContent = problem.message;
    }
    busy = false;
  }

  const heading = freshId('title');
  const dialog = make(
    'dialog',
    { class: 'modal', 'aria-labelledby': heading, onclose: () => dialog.remove() },
    make(
      'form',
      { onsubmit: submit, novalidate: true },
      make('h2', { id: heading }, title),
      components.map((component) => createPart(component, fields)),
      error,
      make(
        'div',
        { class: 'row end' },
        button('Cancel', () => dialog.close(), { class: 'press secondary' }),
        send,
      ),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  [...fields.values()][0]?.focus();
}
