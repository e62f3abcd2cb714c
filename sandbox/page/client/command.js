// The form of a slash command: what everybody fills in stands open, the rest comes on demand.
import { button, freshId, make } from './element.js';
import { createFilePicker } from './fields.js';
import { perform, showFailure } from './messages.js';
import { world } from './world.js';

/** Every slash command; subcommands are separate entries: `{ words, description, name, subcommand, options }`. */
export function typableCommands(commands) {
  const leaves = ({ name, description, options }, words, top) => {
    const branches = options?.filter(({ type }) => type === 1 || type === 2) ?? [];
    const path = [...words, name];
    if (branches.length > 0) return branches.flatMap((branch) => leaves(branch, path, top));
    return [
      {
        words: path.join(' '),
        description,
        name: top,
        subcommand: path.slice(1).join(' ') || undefined,
        options: options ?? [],
      },
    ];
  };
  return commands.filter(({ type }) => type === 1).flatMap((command) => leaves(command, [], command.name));
}

function selectOf(entries) {
  const element = make(
    'select',
    {},
    make('option', { value: '' }, 'Choose…'),
    entries.map(([value, label]) => make('option', { value }, label)),
  );
  return element;
}

/** The field of one option; `read` returns undefined if nothing was entered. */
function createOptionField(option, submit) {
  const focusing = (element, read) => ({ element, read, focus: () => element.focus() });
  if (option.choices?.length > 0) {
    const element = selectOf(option.choices.map(({ name }, index) => [index, name]));
    return focusing(element, () => (element.value === '' ? undefined : option.choices[element.value].value));
  }
  switch (option.type) {
    case 4:
    case 10: {
      const { min_value: min, max_value: max } = option;
      const element = make('input', { type: 'number', min, max, step: option.type === 4 ? 1 : 'any' });
      return focusing(element, () => (element.value === '' ? undefined : Number(element.value)));
    }
    case 5: {
      const element = selectOf([
        ['true', 'True'],
        ['false', 'False'],
      ]);
      return focusing(element, () => (element.value === '' ? undefined : element.value === 'true'));
    }
    case 6: {
      const element = selectOf(world.users.map(({ id, name }) => [id, name]));
      return focusing(element, () => (element.value === '' ? undefined : { user: element.value }));
    }
    case 7: {
      const element = selectOf(world.channels.filter(({ type }) => type !== 1).map(({ id, name }) => [id, `#${name}`]));
      return focusing(element, () => (element.value === '' ? undefined : { channel: element.value }));
    }
    case 8: {
      const element = selectOf(world.roles.map(({ id, name }) => [id, name]));
      return focusing(element, () => (element.value === '' ? undefined : { role: element.value }));
    }
    case 11: {
      const accept = (option.file_types ?? []).map((type) => (type === 'image' ? 'image/*' : `.${type}`)).join(',');
      const picker = createFilePicker({ name: option.name, accept });
      return { ...picker, read: () => picker.read()?.[0] && { file: picker.read()[0].file } };
    }
    default: {
      const onkeydown = (event) => {
        if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        submit();
      };
      const element = make('textarea', { rows: 2, onkeydown, 'data-words': true });
      return focusing(element, () => (element.value === '' ? undefined : element.value));
    }
  }
}

/**
 * The form for a command.
 * @param done is called once the command is sent or cancelled
 */
export function createCommandForm(command, done) {
  const fields = new Map();
  const place = make('div', { class: 'options' });
  const rest = make('div', { class: 'row more-options', 'aria-label': 'More options', role: 'group' });
  const error = make('div', { class: 'failure', role: 'alert' });
  let busy = false;
  const send = make('button', { type: 'submit', class: 'press primary' }, 'Send');

  function add(option, focus = false) {
    const field = createOptionField(option, () => form.requestSubmit());
    fields.set(option.name, field);
    const id = freshId('option');
    if (option.type === 11) field.element.setAttribute('aria-label', option.name);
    else field.element.id = id;
    const take = () => {
      fields.delete(option.name);
      row.remove();
      offer(option).focus();
    };
    const name =
      option.type === 11 ? make('span', { class: 'label' }, option.name) : make('label', { for: id }, option.name);
    const remove = !option.required && button('✕', take, { class: 'icon', 'aria-label': `Remove ${option.name}` });
    const row = make(
      'div',
      { class: 'field' },
      make('div', { class: 'label-row' }, name, make('small', {}, option.description), remove),
      field.element,
    );
    place.append(row);
    if (focus) field.focus();
  }

  function offer(option) {
    const take = () => {
      chip.remove();
      add(option, true);
    };
    const chip = button(`+ ${option.name}`, take, { class: 'chip', title: option.description });
    rest.append(chip);
    return chip;
  }

  async function submit(event) {
    event.preventDefault();
    if (busy) return;
    busy = true;
    error.textContent = '';
    try {
      await Promise.all([...fields.values()].map((field) => field.ready?.()));
      const options = Object.fromEntries([...fields].map(([name, field]) => [name, field.read()]));
      const { name, subcommand } = command;
      const failed = await perform('slash', { name, subcommand, options });
      done();
      if (failed) showFailure(`/${command.words}: ${failed}`);
    } catch (problem) {
      error.textContent = problem.message;
      error.scrollIntoView({ block: 'nearest' });
    }
    busy = false;
  }

  const onkeydown = (event) => {
    if (event.key === 'Escape') done();
  };
  const form = make(
    'form',
    { class: 'command', 'aria-label': `/${command.words}`, onsubmit: submit, onkeydown, novalidate: true },
    make(
      'div',
      { class: 'command-head' },
      make('b', {}, `/${command.words}`),
      make('span', {}, command.description),
      button('✕', done, { class: 'icon', 'aria-label': 'Give up this command' }),
    ),
    place,
    error,
    make('div', { class: 'row between' }, rest, send),
  );
  // Where nothing is required, a picture and what is to be done with it are what people came for.
  const usual = command.options.findIndex(({ type }) => type === 11) + 1;
  const open = (option, index) => option.required || (usual > 0 && index <= usual);
  for (const [index, option] of command.options.entries()) {
    if (open(option, index)) add(option);
    else offer(option);
  }
  const first = () => ([...fields.values()][0] ?? { focus: () => send.focus() }).focus();
  return { element: form, focus: first };
}
