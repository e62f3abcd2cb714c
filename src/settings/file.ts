// A server's settings as a file: written with every row, and read again with every mistake named. Nothing is taken from a
// file that is not understood as a whole.
import { z } from 'zod';
import type { Words } from '../texts/texts.ts';
import { type RoleLimits, readRoleLimits } from './role-limits.ts';
import { readSettings, type Settings } from './settings.ts';
import { optionName, readSettingName, type SettingName, settingKind, settingNames, settingsTable } from './table.ts';

/** Names this kind of file, and its shape. */
const kind = 'darkroom settings';
const version = 1;

const fileShape = z.object({
  kind: z.literal(kind),
  version: z.literal(version),
  settings: z.record(z.string(), z.unknown()),
  'prompt-list': z.array(z.unknown()).optional(),
  roles: z.array(z.unknown()).optional(),
});

/** What is in a file: the settings, and the words for its prompt list, which somebody else checks. */
export type ReadFile = { settings: Settings; words: readonly string[]; problems: readonly Words[] };

export function writeSettings(settings: Settings): string {
  const rows = settingNames.map((name) => [optionName(name), settings[name] ?? null]);
  const file = {
    kind,
    version,
    settings: Object.fromEntries(rows),
    'prompt-list': settings.blocklist,
    roles: settings.roleLimits,
  };
  return `${JSON.stringify(file, undefined, 2)}\n`;
}

/** Whether a value may stand in a row: the table itself takes everything, since what is stored has to be read. */
function fits(name: SettingName, value: unknown): boolean {
  return settingsTable.shape[name].unwrap().safeParse(value).success;
}

function parse(text: string): z.infer<typeof fileShape> | undefined {
  try {
    return fileShape.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Reads a file. Rows that it does not name get their default. */
export function readSettingsFile(text: string): ReadFile {
  const file = parse(text);
  if (!file) return { settings: readSettings(undefined), words: [], problems: [(t) => t.settings.file.unreadable] };
  const problems: Words[] = [];
  const rows = new Map<SettingName, unknown>();
  for (const [option, value] of Object.entries(file.settings)) {
    const name = readSettingName(option);
    if (!name) problems.push((t) => t.settings.file.unknown(option));
    else if (!fits(name, value ?? undefined)) problems.push((t) => t.settings.file.wrong(option, settingKind(name)));
    else rows.set(name, value ?? undefined);
  }
  const words = (file['prompt-list'] ?? []).flatMap((word) => {
    if (typeof word === 'string') return [word];
    problems.push((t) => t.settings.file.word(JSON.stringify(word)));
    return [];
  });
  const roleLimits = (file.roles ?? []).flatMap((one): RoleLimits[] => {
    const limits = readRoleLimits(one);
    if (limits) return [limits];
    problems.push((t) => t.settings.file.role(JSON.stringify(one)));
    return [];
  });
  const twice = roleLimits.find(({ role }, index) => roleLimits.findIndex((one) => one.role === role) !== index);
  if (twice) problems.push((t) => t.settings.file.roleTwice(twice.role));
  return { settings: { ...readSettings(Object.fromEntries(rows)), roleLimits }, words, problems };
}
