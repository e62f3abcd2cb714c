// Traverses the components of a message or modal, and checks the rules that the schemas cannot express.
import type { Component } from './bodies.ts';
import type { FormProblem } from './errors.ts';

export const TYPE = {
  row: 1,
  button: 2,
  stringSelect: 3,
  textInput: 4,
  userSelect: 5,
  roleSelect: 6,
  mentionableSelect: 7,
  channelSelect: 8,
  textDisplay: 10,
  label: 18,
  fileUpload: 19,
  radioGroup: 21,
  checkboxGroup: 22,
  checkbox: 23,
} as const;

export type Placed = { component: Component; path: PropertyKey[] };

/** Every component, including nested ones, with its path in the body. */
export function* walk(components: readonly Component[], base: PropertyKey[] = ['components']): Generator<Placed> {
  for (const [index, component] of components.entries()) {
    const path = [...base, index];
    yield { component, path };
    if (component.components) yield* walk(component.components, [...path, 'components']);
    for (const key of ['component', 'accessory'] as const) {
      const inner = component[key];
      if (inner) yield { component: inner, path: [...path, key] };
    }
  }
}

/** The visible text of a components message. */
export function textOf(components: readonly Component[]): string {
  return [...walk(components)].map(({ component }) => component.content ?? '').join('\n');
}

/** Every media URL in the components. */
export function mediaOf(components: readonly Component[]): { url: string; path: PropertyKey[] }[] {
  return [...walk(components)].flatMap(({ component, path }) => {
    const items = (component.items ?? []).map((item, index) => {
      return { url: item.media.url, path: [...path, 'items', index, 'media', 'url'] };
    });
    const one = component.media ?? component.file;
    const key = component.media ? 'media' : 'file';
    return one ? [...items, { url: one.url, path: [...path, key, 'url'] }] : items;
  });
}

/** A deep copy in which each component has an id, assigned like Discord: the lowest free numbers from 1. */
export function withComponentIds(components: readonly Component[]): Component[] {
  const copy = structuredClone([...components]);
  const placed = [...walk(copy)];
  const taken = new Set(placed.map(({ component }) => component.id));
  let next = 1;
  for (const { component } of placed) {
    if (component.id) continue;
    while (taken.has(next)) next += 1;
    component.id = next;
    next += 1;
  }
  return copy;
}

/** Duplicate custom ids, and buttons and selects with contradictory fields. */
export function componentProblems(components: readonly Component[]): FormProblem[] {
  const problems: FormProblem[] = [];
  const seen = new Set<string>();
  for (const { component, path } of walk(components)) {
    const id = component.custom_id;
    if (id) {
      const message = 'Component custom id cannot be duplicated';
      if (seen.has(id))
        problems.push({ path: [...path, 'custom_id'], code: 'COMPONENT_CUSTOM_ID_DUPLICATED', message });
      seen.add(id);
    }
    if (component.type === TYPE.button) {
      // Style 5 is a link, 6 a premium button; neither has a custom id.
      const link = component.style === 5;
      const required = { code: 'BASE_TYPE_REQUIRED', message: 'This field is required' };
      if (link && !component.url) problems.push({ path: [...path, 'url'], ...required });
      if (!link && component.style !== 6 && !id) problems.push({ path: [...path, 'custom_id'], ...required });
      if (link && id) {
        const message = 'A custom id and url cannot both be specified';
        problems.push({ path, code: 'BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE', message });
      }
    }
    if (component.type === TYPE.row && component.components) {
      const buttons = component.components.filter((one) => one.type === TYPE.button).length;
      if (buttons !== component.components.length && component.components.length > 1) {
        const message = 'The specified component exceeds the maximum width';
        problems.push({ path, code: 'COMPONENT_LAYOUT_WIDTH_EXCEEDED', message });
      }
    }
    if (component.options) {
      const values = component.options.map((option) => option.value);
      if (new Set(values).size !== values.length) {
        const message = 'The specified option value is already used';
        problems.push({ path: [...path, 'options'], code: 'SELECT_COMPONENT_OPTION_VALUE_DUPLICATED', message });
      }
    }
  }
  return problems;
}

/** What a modal's schema does not check: at most five components, labels only where allowed. */
export function modalProblems(components: readonly Component[]): FormProblem[] {
  const problems = componentProblems(components);
  if (components.length > 5) {
    const message = 'Must be between 1 and 5 in length.';
    problems.push({ path: ['data', 'components'], code: 'BASE_TYPE_BAD_LENGTH', message });
  }
  for (const { component, path } of walk(components, ['data', 'components'])) {
    const inRow = path.at(-2) === 'components' && path.length > 3;
    if (component.type !== TYPE.textInput) continue;
    if (inRow && !component.label) {
      problems.push({ path: [...path, 'label'], code: 'BASE_TYPE_REQUIRED', message: 'This field is required' });
    }
    if (!inRow && component.label) {
      const message = 'A text input in a label cannot have a label of its own';
      problems.push({ path: [...path, 'label'], code: 'COMPONENT_LABEL_NOT_ALLOWED', message });
    }
  }
  return problems;
}
