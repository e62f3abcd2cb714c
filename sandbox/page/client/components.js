// Renders buttons, select menus, components layouts and embeds of a message.
import { button, freshId, make } from './element.js';
import { linkAttributes } from './jump.js';
import { markdown } from './markdown.js';
import { addressOf, attachments } from './pictures.js';
import { world } from './world.js';

const buttonStyles = { 1: 'primary', 2: 'secondary', 3: 'success', 4: 'danger', 5: 'link', 6: 'primary' };
export const selectTypes = new Set([3, 5, 6, 7, 8]);

const emojiOf = (thing) => (thing.emoji?.name ? `${thing.emoji.name} ` : '');

/** The choices of any select: `{ value, label, description, chosen }`. */
export function choicesOf(component) {
  const users = world.users.map((user) => ({ value: user.id, label: user.name }));
  const roles = world.roles.map((role) => ({ value: role.id, label: role.name }));
  switch (component.type) {
    case 5:
      return users;
    case 6:
      return roles;
    case 7:
      return [...users, ...roles];
    case 8:
      return world.channels
        .filter((channel) => channel.type !== 1 && (component.channel_types ?? [channel.type]).includes(channel.type))
        .map((channel) => ({ value: channel.id, label: `#${channel.name}` }));
    default:
      return (component.options ?? []).map((option) => ({
        value: option.value,
        label: `${emojiOf(option)}${option.label}`,
        description: option.description ?? undefined,
        chosen: option.default ?? false,
      }));
  }
}

function selectMenu(component, press) {
  const name = component.placeholder ?? 'Make a selection';
  const choices = choicesOf(component);
  const { disabled, max_values: most, min_values: least } = component;
  if ((most ?? 1) === 1 && (least ?? 1) === 1) {
    const options = choices.map(({ value, label, description, chosen }) =>
      make('option', { value, selected: chosen ?? false }, description ? `${label} (${description})` : label),
    );
    if (!choices.some(({ chosen }) => chosen)) options.unshift(make('option', { value: '', selected: true }, name));
    const onchange = (event) => event.currentTarget.value !== '' && press(component, [event.currentTarget.value]);
    return make('select', { 'aria-label': name, disabled: disabled ?? false, onchange }, options);
  }
  const boxes = choices.map(({ value, label, chosen }) => {
    const id = freshId('choice');
    const box = make('input', { type: 'checkbox', id, value, checked: chosen ?? false });
    return make('div', { class: 'check' }, box, make('label', { for: id }, label));
  });
  const chosen = () => [...fieldset.querySelectorAll('input:checked')].map((box) => box.value);
  const fieldset = make(
    'fieldset',
    { class: 'select-many', disabled: disabled ?? false },
    make('legend', {}, `${name} (${least ?? 1} to ${most ?? 1})`),
    boxes,
    button('Choose', () => press(component, chosen()), { class: 'secondary' }),
  );
  return fieldset;
}

function pressable(component, press) {
  const label = `${emojiOf(component)}${component.label ?? ''}`.trim();
  const style = buttonStyles[component.style] ?? 'secondary';
  if (component.style === 5) {
    return make('a', { class: 'press link', ...linkAttributes(component.url) }, `${label} ↗`);
  }
  return button(label, () => press(component), {
    class: `press ${style}`,
    disabled: component.disabled ?? false,
    'data-focus': component.custom_id,
  });
}

function media(item) {
  const { media: file = item.file, description, spoiler } = item;
  if (!file) return undefined;
  const attachment = {
    id: file.attachment_id ?? file.url,
    url: file.url,
    filename: decodeURIComponent(new URL(file.url, location.href).pathname.split('/').at(-1)),
    content_type: file.content_type,
    description,
    width: file.width,
    height: file.height,
    size: item.size ?? 0,
    flags: spoiler ? 8 : 0,
  };
  return attachments([attachment]);
}

function renderComponent(component, press) {
  const children = () => components(component.components ?? [], press);
  if (selectTypes.has(component.type)) return selectMenu(component, press);
  switch (component.type) {
    case 1:
      return make('div', { class: 'row' }, children());
    case 2:
      return pressable(component, press);
    case 9:
      return make(
        'div',
        { class: 'section' },
        make('div', {}, children()),
        renderComponent(component.accessory, press),
      );
    case 10:
      return make('div', { class: 'text' }, markdown(component.content ?? ''));
    case 11:
    case 13:
      return media(component);
    case 12:
      return make('div', { class: 'attachments' }, (component.items ?? []).map(media));
    case 14:
      return component.divider === false ? undefined : make('hr');
    case 17:
      return tinted(make('div', { class: 'container' }, children()), component.accent_color);
    default:
      return undefined;
  }
}

function tinted(element, colour) {
  if (typeof colour === 'number') element.style.borderLeftColor = `#${colour.toString(16).padStart(6, '0')}`;
  return element;
}

/** @param press is called with a component and, for a select, its values */
export function components(list, press) {
  return list.map((component) => renderComponent(component, press));
}

export function embed({ title, description, url, color, author, fields = [], image, thumbnail, footer }) {
  const picture = (file, name) =>
    file &&
    make('img', { class: name, src: addressOf({ id: file.attachment_id ?? file.url, url: file.url }), alt: '' });
  const heading = url ? make('a', linkAttributes(url), title) : title;
  return tinted(
    make(
      'div',
      { class: 'container embed' },
      author && make('small', {}, author.name),
      title && make('strong', { class: 'title' }, heading),
      description && make('div', { class: 'text' }, markdown(description)),
      fields.length > 0 &&
        make(
          'dl',
          {},
          fields.map(({ name, value, inline }) =>
            make('div', { class: inline ? 'inline' : '' }, make('dt', {}, name), make('dd', {}, markdown(value))),
          ),
        ),
      picture(thumbnail, 'thumbnail'),
      picture(image, 'image'),
      footer && make('small', {}, footer.text),
    ),
    color,
  );
}
