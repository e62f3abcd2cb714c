// Form fields for commands and modals. Each is `{ element, read(), focus(), ready? }`; `read` returns undefined if nothing
// was entered, and `ready` resolves once what was chosen can be read.
import { choicesOf, selectTypes } from './components.js';
import { button, fileSize, freshId, make } from './element.js';

const photos = ['rocket.jpg', 'coffee.png', 'chelsea.png'];

async function fetchPhoto(name) {
  const blob = await (await fetch(`/photos/${name}`)).blob();
  return new File([blob], name, { type: blob.type });
}

/**
 * A file picker: files from disk, or one of the three sample photographs.
 * @param {{ name: string, max?: number, accept?: string, details?: boolean, changed?: () => void }} options
 *   `details`: offers spoiler and alt text for each file
 */
export function createFilePicker({ name, max = 1, accept = '', details = false, changed = () => {} }) {
  let chosen = [];
  /** A sample that is still being fetched: whoever presses Enter at once means it, too. */
  let fetching = Promise.resolve();
  const shown = make('div', { class: 'chosen' });
  const input = make('input', {
    type: 'file',
    'aria-label': `${name}: choose a file`,
    multiple: max > 1,
    accept,
    onchange() {
      add([...input.files]);
      input.value = '';
    },
  });
  const samples = photos.map((photo) => {
    const take = () => {
      fetching = fetchPhoto(photo).then((file) => add([file]));
      return fetching;
    };
    const attributes = { class: 'sample', 'aria-label': `${name}: use ${photo}`, title: photo };
    return button(make('img', { src: `/photos/${photo}`, alt: '' }), take, attributes);
  });

  function entry(one) {
    const preview = one.file.type.startsWith('image/') && make('img', { src: one.address, alt: '' });
    const more = details && [
      make(
        'label',
        {},
        make('input', { type: 'checkbox', onchange: (event) => (one.spoiler = event.target.checked) }),
        'Spoiler',
      ),
      make('input', {
        type: 'text',
        placeholder: 'Alt text',
        'aria-label': `Alt text of ${one.file.name}`,
        oninput: (event) => (one.description = event.target.value || undefined),
      }),
    ];
    const remove = () => {
      chosen = chosen.filter((other) => other !== one);
      URL.revokeObjectURL(one.address);
      draw();
    };
    const label = make('span', {}, one.file.name, ' ', make('small', {}, fileSize(one.file.size)));
    const close = button('✕', remove, { class: 'icon', 'aria-label': `Remove ${one.file.name}` });
    return make('div', { class: 'one' }, preview, label, more, close);
  }

  function draw() {
    shown.replaceChildren(...chosen.map(entry));
    changed();
  }

  function add(files) {
    const made = files.map((file) => ({
      file,
      address: URL.createObjectURL(file),
      spoiler: undefined,
      description: undefined,
    }));
    chosen = [...chosen, ...made].slice(-max);
    draw();
  }

  const element = make(
    'div',
    { class: 'picker', role: 'group', 'aria-label': name },
    make('div', { class: 'offer' }, samples, input),
    shown,
  );
  return {
    element,
    add,
    clear() {
      chosen = [];
      draw();
    },
    read: () => (chosen.length === 0 ? undefined : chosen.map(({ address: _, ...one }) => one)),
    ready: () => fetching,
    focus: () => samples[0].focus(),
  };
}

function choiceList(component, type) {
  const name = freshId('group');
  const boxes = (component.options ?? []).map((option) => {
    const id = freshId('choice');
    const box = make('input', { type, id, name, value: option.value, checked: option.default ?? false });
    const label = make(
      'label',
      { for: id },
      option.label,
      option.description && make('small', {}, ` ${option.description}`),
    );
    return make('div', { class: 'check' }, box, label);
  });
  const element = make('div', { role: type === 'radio' ? 'radiogroup' : 'group' }, boxes);
  const values = () => [...element.querySelectorAll('input:checked')].map((box) => box.value);
  const focus = () => element.querySelector('input')?.focus();
  return { element, focus, read: () => (type === 'radio' ? values()[0] : values()) };
}

function selectField(component) {
  const choices = choicesOf(component);
  const max = component.max_values ?? 1;
  const options = choices.map(({ value, label, chosen }) =>
    make('option', { value, selected: chosen ?? false }, label),
  );
  if (max === 1 && !choices.some(({ chosen }) => chosen)) {
    options.unshift(make('option', { value: '', selected: true }, component.placeholder ?? 'Make a selection'));
  }
  const size = max > 1 ? Math.min(6, choices.length) : undefined;
  const element = make('select', { multiple: max > 1, size }, options);
  const read = () => [...element.selectedOptions].map(({ value }) => value).filter((value) => value !== '');
  return { element, read, focus: () => element.focus() };
}

function textField(component) {
  const attributes = {
    placeholder: component.placeholder,
    maxlength: component.max_length,
    minlength: component.min_length,
    required: component.required !== false,
    value: component.value ?? '',
  };
  const element =
    component.style === 2
      ? make('textarea', { rows: 4, ...attributes })
      : make('input', { type: 'text', ...attributes });
  return { element, read: () => element.value, focus: () => element.focus() };
}

/** The field for a modal component, or undefined if the component takes no input. */
export function createField(component, name) {
  if (selectTypes.has(component.type)) return selectField(component);
  switch (component.type) {
    case 4:
      return textField(component);
    case 19: {
      const accept = (component.file_types ?? []).map((type) =>
        type === 'image' ? 'image/*' : `.${type.replace(/^\./, '')}`,
      );
      return createFilePicker({ name, max: component.max_values ?? 1, accept: accept.join(',') });
    }
    case 21:
      return choiceList(component, 'radio');
    case 22:
      return choiceList(component, 'checkbox');
    case 23: {
      const element = make('input', { type: 'checkbox', checked: component.default ?? component.value === true });
      return { element, read: () => element.checked, focus: () => element.focus() };
    }
    default:
      return undefined;
  }
}
