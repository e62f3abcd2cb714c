// Types of the JSON a bot sends, limited to what the stand-in reads. schema.ts validates it against Discord's schemas.

/** Any component of a message or modal. Unknown fields stay in place. */
export type Component = {
  type: number;
  id?: number | null;
  custom_id?: string | null;
  components?: Component[];
  component?: Component;
  accessory?: Component | null;
  content?: string;
  label?: string | null;
  title?: string;
  url?: string | null;
  style?: number;
  value?: unknown;
  /** Whether a checkbox is ticked to begin with. */
  default?: boolean | null;
  disabled?: boolean | null;
  required?: boolean | null;
  min_length?: number | null;
  max_length?: number | null;
  min_values?: number | null;
  max_values?: number | null;
  options?: { label: string; value: string; default?: boolean | null }[];
  file_types?: string[] | null;
  items?: { media: { url: string }; spoiler?: boolean | null }[];
  media?: { url: string };
  file?: { url: string };
  spoiler?: boolean | null;
};

export type AllowedMentions = {
  parse?: (string | null)[] | null;
  users?: (string | null)[] | null;
  roles?: (string | null)[] | null;
  replied_user?: boolean | null;
};

export type AttachmentBody = {
  id: string;
  filename?: string | null;
  description?: string | null;
  title?: string | null;
  is_spoiler?: boolean | null;
};

export type MessageBody = {
  content?: string | null;
  embeds?: unknown[] | null;
  flags?: number | null;
  allowed_mentions?: AllowedMentions | null;
  components?: Component[] | null;
  attachments?: AttachmentBody[] | null;
  poll?: unknown;
  sticker_ids?: string[] | null;
  nonce?: string | number | null;
  enforce_nonce?: boolean | null;
  message_reference?: { message_id?: string | null; type?: number | null; fail_if_not_exists?: boolean | null } | null;
};

export type ModalData = { custom_id: string; title: string; components: Component[] };

export type CommandOption = {
  type: number;
  name: string;
  description: string;
  required?: boolean | null;
  options?: CommandOption[] | null;
  choices?: { name: string; value: string | number }[] | null;
  min_value?: number | null;
  max_value?: number | null;
  min_length?: number | null;
  max_length?: number | null;
  file_types?: string[] | null;
};

export type CommandBody = {
  name: string;
  type?: number | null;
  description?: string | null;
  options?: CommandOption[] | null;
  default_member_permissions?: number | string | null;
  dm_permission?: boolean | null;
  contexts?: number[] | null;
  integration_types?: number[] | null;
  nsfw?: boolean | null;
};
