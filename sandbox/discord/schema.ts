// Validates bodies against the schemas of Discord's OpenAPI document and reports problems like Discord: code 50035 with
// errors nested by field.
import * as spec from 'discord-api-spec/zod';
import type { ZodMiniType } from 'zod/mini';
import type { CommandBody, MessageBody, ModalData } from './bodies.ts';
import { type FormProblem, invalidForm } from './errors.ts';

type Issue = {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly errors?: readonly (readonly Issue[])[] | undefined;
  readonly origin?: string | undefined;
  readonly minimum?: number | bigint | undefined;
  readonly maximum?: number | bigint | undefined;
};

/** Discord's code and message for a failed check. */
function describe(issue: Issue): { code: string; message: string } {
  const unit = issue.origin === 'string' ? ' in length' : issue.origin === 'array' ? ' in length' : '';
  if (issue.code === 'too_big') {
    const sort = unit ? 'BASE_TYPE_MAX_LENGTH' : 'NUMBER_TYPE_MAX';
    return { code: sort, message: `Must be ${issue.maximum} or fewer${unit}.` };
  }
  if (issue.code === 'too_small') {
    const sort = unit ? 'BASE_TYPE_MIN_LENGTH' : 'NUMBER_TYPE_MIN';
    return { code: sort, message: `Must be ${issue.minimum} or more${unit}.` };
  }
  if (issue.code === 'invalid_type') return { code: 'BASE_TYPE_BAD_TYPE', message: `Wrong type. ${issue.message}` };
  return { code: 'BASE_TYPE_INVALID', message: issue.message };
}

/** Lists problems by path. For a union, reports the problems of the variant whose `type` matches. */
function flatten(issues: readonly Issue[], base: PropertyKey[], problems: FormProblem[]): void {
  for (const issue of issues) {
    const path = [...base, ...issue.path];
    if (issue.code === 'invalid_union' && issue.errors && issue.errors.length > 0) {
      const variant = issue.errors.find(
        (variant) => !variant.some((one) => one.path.length < 1 || one.path[0] === 'type'),
      );
      if (variant) flatten(variant, path, problems);
      else
        problems.push({ path, code: 'UNION_TYPE_CHOICES', message: 'Value of field "type" must be one of the known.' });
    } else problems.push({ path, ...describe(issue) });
  }
}

const isId = (key: string) => key === 'id' || key.endsWith('_id');
const idLists = new Set(['users', 'roles', 'sticker_ids']);
const digits = (value: unknown) => (Number.isInteger(value) ? String(value) : value);

/** Discord takes snowflakes as numbers and as text (libraries in Python send numbers); the schemas take text alone. */
function withTextIds(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withTextIds);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, entry]) => {
    // The ids of components are small numbers of the bot's own.
    if (key === 'components') return [key, entry];
    if (isId(key)) return [key, digits(entry)];
    return [key, idLists.has(key) && Array.isArray(entry) ? entry.map(digits) : withTextIds(entry)];
  });
  return Object.fromEntries(entries);
}

// Permissions, on the other hand, are numbers in the schemas and text in every library.
function normalize(body: unknown): unknown {
  const normal = withTextIds(body);
  if (typeof normal !== 'object' || normal === null || !('default_member_permissions' in normal)) return normal;
  const { default_member_permissions: permissions } = normal;
  return typeof permissions === 'string' ? { ...normal, default_member_permissions: Number(permissions) } : normal;
}

/** Creates a check that returns the body as sent (with fields newer than the schema) or throws a 50035. */
function check<Body>(schema: ZodMiniType<unknown>): (body: unknown, path?: PropertyKey[]) => Body {
  return (sent, path = []) => {
    const body = normalize(sent);
    const result = schema.safeParse(body);
    if (result.success) return body as Body;
    const problems: FormProblem[] = [];
    flatten(result.error.issues, path, problems);
    throw invalidForm(problems);
  };
}

type Callback<Data> = { type: number; data?: Data | null };

export const messageCreate = check<MessageBody>(spec.MessageCreateRequestSchema);
export const messageEdit = check<MessageBody>(spec.MessageEditRequestPartialSchema);
export const followUpCreate = check<MessageBody>(spec.IncomingWebhookRequestPartialSchema);
export const followUpEdit = check<MessageBody>(spec.IncomingWebhookUpdateRequestPartialSchema);
export const replyCallback = check<Callback<MessageBody>>(spec.CreateMessageInteractionCallbackRequestSchema);
export const updateCallback = check<Callback<MessageBody>>(spec.UpdateMessageInteractionCallbackRequestSchema);
export const modalCallback = check<Callback<ModalData>>(spec.ModalInteractionCallbackRequestSchema);
export const choicesCallback = check<Callback<unknown>>(spec.ApplicationCommandAutocompleteCallbackRequestSchema);
export const commandCreate = check<CommandBody>(spec.ApplicationCommandCreateRequestSchema);
export const commandUpdate = check<CommandBody & { id?: string | null }>(spec.ApplicationCommandUpdateRequestSchema);
export const commandPatch = check<Partial<CommandBody>>(spec.ApplicationCommandPatchRequestPartialSchema);
export const dmCreate = check<{ recipient_id?: string | null }>(spec.CreatePrivateChannelRequestSchema);
