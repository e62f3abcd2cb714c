// Whether registered commands are the wanted ones: what Discord adds makes no difference, anything else does.
import type { RESTPostAPIApplicationCommandsJSONBody } from 'discord.js';
import { describe, expect, test } from 'vitest';
import { createCommands, registrations } from '../../commands/index.ts';
import { systemClock } from '../../src/clock.ts';
import { sameCommands } from '../../src/discord/same-commands.ts';
import { findModel } from '../../src/models/models.ts';
import { createLanguage } from '../../src/settings/language.ts';
import { catalogues } from '../../src/texts/texts.ts';
import { klein } from '../edit/examples.ts';

const unused = () => Promise.reject(new Error('not called here'));
const unusedList = () => {
  throw new Error('not called here');
};

function commandsFor(model: string): RESTPostAPIApplicationCommandsJSONBody[] {
  return registrations(
    createCommands({
      accept: unused,
      edits: { load: unused },
      run: {
        checkPlace: unusedList,
        refusePicture: unusedList,
        check: unusedList,
        repeat: unusedList,
        change: unusedList,
        sizes: unusedList,
        readRecipe: unusedList,
        advise: unusedList,
        drafts: { save: unused, load: unused, saveRequest: unused, startRequest: unused },
        model: findModel(model),
      },
      result: {
        removal: { check: unused, remove: unused, settle: unused },
        covers: { set: unused },
        share: unused,
        details: unused,
        files: unused,
      },
      moderation: {
        mayEdit: unused,
        decisions: {
          check: unused,
          decide: unused,
          undo: unused,
          remark: unused,
          postAgain: unused,
          contest: unused,
          withdraw: unused,
          checkReport: unused,
          report: unused,
        },
        view: { text: unused, pictures: unused },
        remarks: { add: unused, of: unused },
        members: {
          timeOut: unused,
          lift: unused,
          current: unused,
          anywhere: unused,
          history: unused,
          adopt: unused,
        },
        reviewChannel: { look: unused, check: unused },
        wake: unused,
        autoMod: { changed: unusedList, look: unused },
        blocklist: { change: unused, check: unusedList, most: 500 },
      },
      limits: { allowance: unusedList, uses: unused },
      queue: {
        next: unused,
        claim: unused,
        claimForModal: unused,
        release: unused,
        count: unused,
        rejectAll: unused,
        pictures: unused,
        prepare: unused,
      },
      source: { addresses: unused },
      directMessages: true,
      download: unused,
      settings: { get: unused, update: unused },
      audit: {
        log: {
          append: unused,
          list: unused,
          all: unusedList,
          accounts: unusedList,
          history: unused,
          adopt: unused,
        },
        counts: { add: unused, edits: unused },
        drawChart: unused,
      },
      language: createLanguage(catalogues),
      clock: systemClock,
    }),
  );
}

const wanted = commandsFor(klein);

/** A value as Discord gives it back: with ids, and with every default spelled out. */
function registeredOption(option: object): object {
  const inner = 'options' in option && Array.isArray(option.options) ? option.options.map(registeredOption) : undefined;
  const choices =
    'choices' in option && Array.isArray(option.choices)
      ? { choices: option.choices.map((choice: object) => ({ ...choice, name_localizations: null })) }
      : {};
  return {
    name_localizations: null,
    description_localizations: null,
    required: false,
    autocomplete: false,
    ...option,
    ...choices,
    ...(inner ? { options: inner } : {}),
  };
}

function registered(commands: readonly RESTPostAPIApplicationCommandsJSONBody[]): Record<string, unknown>[] {
  return commands.map((command, index) => ({
    id: `70000000000000000${index}`,
    application_id: '500000000000000001',
    guild_id: '200000000000000001',
    version: `80000000000000000${index}`,
    default_member_permissions: null,
    description: '',
    description_localizations: null,
    name_localizations: null,
    dm_permission: true,
    default_permission: true,
    nsfw: false,
    handler: null,
    ...command,
    options: 'options' in command ? command.options?.map(registeredOption) : [],
  }));
}

/** The commands with one thing changed, found by a path such as `options.0.description`. */
function changed(path: string, value: unknown): unknown[] {
  const copy: unknown[] = structuredClone(wanted);
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let at: unknown = copy;
  for (const key of keys) at = Reflect.get(Object(at), key);
  Reflect.set(Object(at), last, value);
  return copy;
}

test('the commands of the bot are the ones that the tests below are about', () => {
  expect(wanted.map(({ name }) => name)).toEqual([
    'edit',
    'Edit this image',
    'Report this edit',
    'Blur',
    'review',
    'settings',
    'usage',
  ]);
});

describe('unused differs', () => {
  test('when Discord adds ids and spells out its defaults', () => {
    expect(sameCommands(registered(wanted), wanted)).toBe(true);
  });

  test('when they come in another order', () => {
    expect(sameCommands(registered(wanted).reverse(), wanted)).toBe(true);
  });

  test('when keys come in another order', () => {
    const turned = wanted.map((command) => Object.fromEntries(Object.entries(command).reverse()));
    expect(sameCommands(turned, wanted)).toBe(true);
  });
});

describe('in one server', () => {
  const unscoped = wanted.map((command) => {
    const { contexts: _contexts, integration_types: _types, ...rest } = command;
    return rest;
  });

  test('what Discord keeps only of global commands is not missed, nor is it too much', () => {
    expect(sameCommands(registered(unscoped), wanted, 'server')).toBe(true);
    expect(sameCommands(registered(wanted), unscoped, 'server')).toBe(true);
    expect(sameCommands(registered(unscoped), wanted)).toBe(false);
  });

  test('a field that Discord may add one day is not ours', () => {
    const later = registered(unscoped).map((command) => ({ ...command, popularity: 7, entry_point: { kind: 1 } }));
    expect(sameCommands(later, wanted, 'server')).toBe(true);
  });
});

describe('it is seen', () => {
  test('that a command is missing, or one too many', () => {
    expect(sameCommands(registered(wanted).slice(1), wanted)).toBe(false);
    expect(sameCommands([], wanted)).toBe(false);
    expect(sameCommands([...registered(wanted), { name: 'old', type: 1, description: 'x' }], wanted)).toBe(false);
  });

  test.each([
    ['0.name', 'change'],
    ['0.description', 'Something else'],
    ['0.options.0.required', true],
    ['0.options.1.max_length', 1_000],
    ['0.options.2.description', 'x'],
    ['0.options.5.choices.0.name', 'Square'],
    ['0.options.5.choices.0.value', 'square_hd_2'],
    ['0.options.6.max_value', 3],
    ['0.options.6.min_value', 0],
    ['0.options.0.file_types', []],
    ['0.contexts', [0]],
    ['0.default_member_permissions', '8192'],
    ['0.nsfw', true],
    ['0.name_localizations', { de: 'bearbeiten' }],
    ['1.type', 2],
  ])('that %s is %j', (path, value) => {
    const now = changed(path, value);
    expect(now).not.toEqual(wanted);
    expect(sameCommands(now, wanted)).toBe(false);
    expect(sameCommands(wanted, now)).toBe(false);
  });

  test('that options come in another order', () => {
    const [edit] = wanted;
    const options = edit && 'options' in edit ? edit.options?.toReversed() : [];
    expect(sameCommands(changed('0.options', options), wanted)).toBe(false);
  });

  test('that a choice was added', () => {
    expect(sameCommands(changed('0.options.5.choices.6', { name: 'Huge', value: 'huge' }), wanted)).toBe(false);
  });

  test('that another model has other limits', () => {
    expect(sameCommands(registered(wanted), commandsFor('somebody/else'))).toBe(false);
  });
});
