// Discord's rules for whole messages, beyond single fields: not empty, not too long, the rules of components messages,
// and which attachments a request keeps or adds.
import type { RecordedFile } from '../server.ts';
import type { Component, MessageBody } from './bodies.ts';
import { type Attachment, isNamedSpoiler, sanitize, type Upload } from './cdn.ts';
import { componentProblems, mediaOf, TYPE, textOf, walk } from './components.ts';
import { emptyMessage, type FormProblem, invalidForm, tooManyAttachments } from './errors.ts';

export const FLAG = {
  suppressEmbeds: 4,
  ephemeral: 64,
  loading: 128,
  suppressNotifications: 4096,
  componentsV2: 32_768,
} as const;

export type Files = { kept: Attachment[]; added: Upload[] };

/** Sorts a request's attachments into existing ones to keep and new files with their metadata. */
export function sortFiles(body: MessageBody, files: RecordedFile[], existing: Attachment[]): Files {
  const uploads = new Map(
    files.map((file, index) => [/^files\[(\d+)\]$/.exec(file.field)?.[1] ?? String(index), file] as const),
  );
  const kept = body.attachments === undefined ? [...existing] : [];
  const added: Upload[] = [];
  for (const [index, entry] of (body.attachments ?? []).entries()) {
    const file = uploads.get(entry.id);
    const old = existing.find((one) => one.id === entry.id);
    if (file) {
      uploads.delete(entry.id);
      added.push({
        name: entry.filename ?? file.name,
        type: plainType(file.type),
        bytes: file.bytes,
        description: entry.description ?? undefined,
        spoiler: entry.is_spoiler ?? undefined,
      });
    } else if (old) {
      if (entry.description) old.description = entry.description;
      // A name with the prefix goes on marking a spoiler, whatever the flag says.
      if (typeof entry.is_spoiler === 'boolean') old.spoiler = entry.is_spoiler || isNamedSpoiler(old.filename);
      kept.push(old);
    } else {
      const message = `Attachment with id ${entry.id} is neither uploaded here nor on the message`;
      throw invalidForm([{ path: ['attachments', index, 'id'], code: 'ATTACHMENT_NOT_FOUND', message }]);
    }
  }
  for (const file of uploads.values()) added.push({ name: file.name, type: plainType(file.type), bytes: file.bytes });
  if (kept.length + added.length > 10) throw tooManyAttachments();
  return { kept, added };
}

/** Drops the generic type, so that the file extension decides. */
function plainType(type: string): string {
  return type === 'application/octet-stream' ? '' : type;
}

/** The message a request would produce. */
export type MessageDraft = {
  content: string;
  embeds: unknown[];
  components: Component[];
  flags: number;
  files: Files;
  other: boolean;
};

/** Checks the draft against the message rules; throws Discord's error. */
export function checkDraft(draft: MessageDraft): void {
  const { content, embeds, components, flags, files } = draft;
  const names = [...files.kept.map((one) => one.filename), ...files.added.map((one) => sanitize(one.name))];
  const problems: FormProblem[] = componentProblems(components);
  const placed = [...walk(components)];
  if (content.length > 2000) problems.push(tooLong(['content'], 2000));
  if (flags & FLAG.componentsV2) {
    const legacy = { content: content !== '', embeds: embeds.length > 0, poll: draft.other };
    for (const [field, used] of Object.entries(legacy)) {
      const message = `The '${field}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2`;
      if (used) problems.push({ path: [field], code: 'MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2', message });
    }
    if (placed.length > 40) problems.push(tooLong(['components'], 40));
    const length = placed.reduce((sum, { component }) => sum + (component.content?.length ?? 0), 0);
    if (length > 4000) {
      const message = 'The total length of the displayable text content must be 4000 or fewer.';
      problems.push({ path: ['components'], code: 'COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED', message });
    }
  } else {
    if (components.length > 5) problems.push(tooLong(['components'], 5));
    for (const [index, component] of components.entries()) {
      const message = 'Value of field "type" must be one of (1,).';
      if (component.type !== TYPE.row) {
        problems.push({ path: ['components', index], code: 'UNION_TYPE_CHOICES', message });
      }
    }
  }
  for (const { url, path } of mediaOf(components)) {
    const message = 'The referenced attachment was not found';
    if (url.startsWith('attachment://') && !names.includes(url.slice('attachment://'.length))) {
      problems.push({ path, code: 'UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND', message });
    }
  }
  if (JSON.stringify(embeds).length > 6000 && embedText(embeds) > 6000) {
    const message = 'Embed size exceeds maximum size of 6000';
    problems.push({ path: ['embeds'], code: 'MAX_EMBED_SIZE_EXCEEDED', message });
  }
  if (problems.length > 0) throw invalidForm(problems);
  if (content.trim() === '' && embeds.length + components.length + names.length === 0 && !draft.other) {
    throw emptyMessage();
  }
}

function tooLong(path: PropertyKey[], maximum: number): FormProblem {
  return { path, code: 'BASE_TYPE_MAX_LENGTH', message: `Must be ${maximum} or fewer in length.` };
}

function embedText(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce((sum, [key, inner]) => {
    const counted = typeof inner === 'string' && ['title', 'description', 'name', 'value', 'text'].includes(key);
    return sum + (counted ? inner.length : embedText(inner));
  }, 0);
}

/** Attachments of a components message that no component refers to: Discord does not show them. */
export function unseenFiles(draft: MessageDraft): string[] {
  if (!(draft.flags & FLAG.componentsV2)) return [];
  const shown = new Set(mediaOf(draft.components).map(({ url }) => url));
  const names = [...draft.files.kept.map((one) => one.filename), ...draft.files.added.map((one) => sanitize(one.name))];
  return names.filter((name) => !shown.has(`attachment://${name}`));
}

/** All text of the message. */
export function readableText(draft: MessageDraft): string {
  return `${draft.content}\n${textOf(draft.components)}`;
}
