// Handles buttons, selects and modals like Discord's client: allows only enabled components and valid input, and builds
// the interaction data for each component type.
import type { Component, ModalData } from './bodies.ts';
import type { Cdn, Upload } from './cdn.ts';
import { TYPE, walk } from './components.ts';
import { attachmentJson } from './message-wire.ts';
import { acceptsFile } from './slash-options.ts';
import { type Json, memberJson, partialChannelJson, roleJson, userJson } from './wire.ts';
import type { Channel, User, World } from './world.ts';

export type FieldValue = string | string[] | boolean | Upload[];

const SELECTS: number[] = [
  TYPE.stringSelect,
  TYPE.userSelect,
  TYPE.roleSelect,
  TYPE.mentionableSelect,
  TYPE.channelSelect,
];

/** The enabled button or select with this custom id. */
export function findEnabled(components: Component[], customId: string | RegExp): Component {
  const fits = (id: string) => (typeof customId === 'string' ? id === customId : customId.test(id));
  const all = [...walk(components)].map(({ component }) => component).filter((one) => one.custom_id);
  const found = all.find((one) => !one.disabled && one.custom_id && fits(one.custom_id));
  if (!found)
    throw new Error(`no enabled component ${customId} among ${all.map((one) => one.custom_id).join(', ') || 'none'}`);
  return found;
}

/** The part of `data` for the values of a select. Throws if the select does not allow them. */
function select(world: World, component: Component, values: string[], place: { user: User; channel: Channel }): Json {
  const { custom_id, min_values, max_values, required } = component;
  const min = required === false && values.length === 0 ? 0 : (min_values ?? 1);
  if (values.length < min || values.length > (max_values ?? 1)) {
    throw new Error(`${custom_id}: choose ${min} to ${max_values ?? 1}, not ${values.length}`);
  }
  if (new Set(values).size !== values.length) throw new Error(`${custom_id}: a value is chosen twice`);
  if (component.type === TYPE.stringSelect) {
    const wrong = values.find((value) => !component.options?.some((option) => option.value === value));
    if (wrong !== undefined) throw new Error(`${custom_id}: ${wrong} is not an option`);
    return { values };
  }
  const resolved: Record<string, Record<string, Json>> = {};
  const ids = values.map((value) => {
    if (component.type === TYPE.channelSelect) {
      const channel = world.channel(value);
      resolved.channels = { ...resolved.channels, [channel.id]: partialChannelJson(world, channel, place.user.id) };
      return channel.id;
    }
    const role = world.roles.find((one) => one.id === value || one.name === value);
    if (component.type === TYPE.roleSelect || (component.type === TYPE.mentionableSelect && role)) {
      if (!role) throw new Error(`there is no role ${value}`);
      resolved.roles = { ...resolved.roles, [role.id]: roleJson(role) };
      return role.id;
    }
    const user = world.user(value);
    resolved.users = { ...resolved.users, [user.id]: userJson(user) };
    const permissions = String(world.permissions(place.channel, user.id));
    resolved.members = { ...resolved.members, [user.id]: { ...memberJson(user), permissions } };
    return user.id;
  });
  return { values: ids, resolved };
}

/** The `data` of a button press or a selection. */
export function componentData(
  world: World,
  component: Component,
  values: string[] | undefined,
  place: { user: User; channel: Channel },
): Json {
  const base = { component_type: component.type, custom_id: component.custom_id, id: component.id };
  if (component.type === TYPE.button) return base;
  if (!SELECTS.includes(component.type)) throw new Error(`component ${component.custom_id} cannot be pressed`);
  return { ...base, ...select(world, component, values ?? [], place) };
}

/** The `data` of a submitted modal. Throws where the client would refuse to submit. */
export function modalData(
  world: World,
  cdn: Cdn,
  modal: ModalData,
  fields: Record<string, FieldValue>,
  place: { user: User; channel: Channel },
): Json {
  const resolved: Record<string, Json> = {};
  const used = new Set<string>();

  function fieldData(component: Component): Json {
    const name = component.custom_id ?? '';
    used.add(name);
    const value = fields[name];
    const wrong = (why: string) => new Error(`field ${name}: ${why}`);
    const required = component.required !== false;
    const list = Array.isArray(value) ? value : value === undefined ? [] : [value];
    const texts = list.filter((one) => typeof one === 'string');
    switch (component.type) {
      case TYPE.textInput: {
        const text = value ?? component.value ?? '';
        if (typeof text !== 'string') throw wrong('must be text');
        if (text === '' ? required : text.length < (component.min_length ?? 0)) throw wrong('is too short');
        if (text.length > (component.max_length ?? 4000)) throw wrong('is too long');
        return { value: text };
      }
      case TYPE.fileUpload: {
        const files = list.filter((one) => typeof one === 'object');
        const min = required ? Math.max(1, component.min_values ?? 1) : 0;
        if (files.length < min || files.length > (component.max_values ?? 1))
          throw wrong(`takes ${min} to ${component.max_values ?? 1} files`);
        const types = component.file_types ?? [];
        const ids = files.map((file) => {
          if (types.length > 0 && !acceptsFile(file.name, types))
            throw wrong(`${file.name} is not of the types ${types}`);
          const stored = cdn.store(place.channel.id, file, true);
          resolved.attachments = { ...resolved.attachments, [stored.id]: attachmentJson(stored, true) };
          return stored.id;
        });
        return { values: ids };
      }
      case TYPE.radioGroup: {
        const chosen = texts[0] ?? component.options?.find((option) => option.default)?.value ?? null;
        if (chosen === null && required) throw wrong('is required');
        if (chosen !== null && !component.options?.some((one) => one.value === chosen)) throw wrong(`has no ${chosen}`);
        return { value: chosen };
      }
      case TYPE.checkboxGroup: {
        const min = required ? (component.min_values ?? 1) : 0;
        if (texts.length < min || texts.length > (component.max_values ?? component.options?.length ?? 10))
          throw wrong('wrong count');
        const bad = texts.find((text) => !component.options?.some((one) => one.value === text));
        if (bad !== undefined) throw wrong(`has no ${bad}`);
        return { values: texts };
      }
      case TYPE.checkbox:
        return { value: value ?? component.default ?? false };
      default: {
        if (!SELECTS.includes(component.type)) return {};
        const preset = (component.options ?? []).filter((option) => option.default).map((option) => option.value);
        const { values, resolved: more } = select(world, component, value === undefined ? preset : texts, place);
        for (const [kind, one] of Object.entries(more ?? {})) resolved[kind] = { ...resolved[kind], ...one };
        return { values };
      }
    }
  }

  let next = 0;
  function componentAnswer(component: Component): Json {
    next += 1;
    const base = { type: component.type, id: component.id ?? next };
    if (component.components) return { ...base, components: component.components.map(componentAnswer) };
    if (component.component) return { ...base, component: componentAnswer(component.component) };
    return component.custom_id ? { ...base, custom_id: component.custom_id, ...fieldData(component) } : base;
  }

  const components = modal.components.map(componentAnswer);
  const unknown = Object.keys(fields).filter((name) => !used.has(name));
  if (unknown.length > 0) throw new Error(`the modal has no field ${unknown.join(', ')}`);
  return {
    custom_id: modal.custom_id,
    components,
    ...(Object.keys(resolved).length > 0 ? { resolved } : {}),
  };
}
