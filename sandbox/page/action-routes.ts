// Routes for user actions on the page: commands, buttons, modals and messages. Actions that Discord's client would not
// allow return an error message.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { walk } from '../discord/components.ts';
import type { Discord, Interaction, Upload } from '../discord/discord.ts';

type Files = ReadonlyMap<string, Upload>;

const fileReference = z.object({
  file: z.string(),
  spoiler: z.boolean().optional(),
  description: z.string().max(1024).optional(),
});
const actor = { user: z.string(), channel: z.string() };
const optionValue = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  fileReference,
  z.object({ user: z.string() }),
  z.object({ channel: z.string() }),
  z.object({ role: z.string() }),
]);
const fieldValue = z.union([z.string(), z.boolean(), z.array(z.string()), z.array(fileReference)]);

const slash = z.object({
  ...actor,
  name: z.string(),
  subcommand: z.string().optional(),
  options: z.record(z.string(), optionValue),
});
const menu = z.object({ ...actor, name: z.string(), message: z.string() });
const press = z.object({
  ...actor,
  message: z.string(),
  customId: z.string(),
  values: z.array(z.string()).optional(),
});
const submit = z.object({ ...actor, interaction: z.string(), fields: z.record(z.string(), fieldValue) });
const post = z.object({ ...actor, content: z.string().max(2000), files: z.array(fileReference).max(10) });

// Keep only the latest modals: a user has few of them open.
const keptModals = 100;

function pick(reference: z.infer<typeof fileReference>, files: Files): Upload {
  const file = files.get(reference.file);
  if (!file) throw new Error(`the file ${reference.file} did not come along`);
  return { ...file, spoiler: reference.spoiler, description: reference.description };
}

/** Reads a form: JSON in the field `payload`, and the files it refers to. */
async function readForm(request: FastifyRequest): Promise<{ payload: unknown; files: Files }> {
  const raw = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const headers = { 'content-type': request.headers['content-type'] ?? '' };
  const form = await new Response(new Uint8Array(raw), { headers }).formData();
  const files = new Map<string, Upload>();
  let payload: unknown;
  for (const [field, value] of form) {
    if (typeof value === 'string') {
      if (field === 'payload') payload = JSON.parse(value);
    } else {
      files.set(field, { name: value.name, type: value.type, bytes: Buffer.from(await value.arrayBuffer()) });
    }
  }
  return { payload, files };
}

/**
 * Adds the routes below `/act`. Each responds once the bot acknowledges or the acknowledgement times out.
 * @param onAction is called with the id of each interaction and a description such as "used /edit"
 */
export function addActionRoutes(
  app: FastifyInstance,
  discord: Discord,
  onAction: (interactionId: string, action: string) => void,
): void {
  const modals = new Map<string, Interaction>();

  function route<Asked>(
    name: string,
    schema: z.ZodType<Asked>,
    silence: string,
    perform: (asked: Asked, files: Files) => Interaction | undefined,
  ): void {
    app.post(`/act/${name}`, async (request, reply) => {
      let interaction: Interaction | undefined;
      try {
        const { payload, files } = await readForm(request);
        interaction = perform(schema.parse(payload), files);
      } catch (error) {
        return reply.code(400).send({ error: sentence(error) });
      }
      const answered = await interaction?.acknowledged.then(
        () => true,
        () => false,
      );
      if (answered === false) return { failed: silence };
      if (!interaction?.modal) return {};
      modals.set(interaction.id, interaction);
      for (const old of [...modals.keys()].slice(0, -keptModals)) modals.delete(old);
      return { modal: { ...interaction.modal, interaction: interaction.id } };
    });
  }

  function recordAction(interaction: Interaction, action: string): Interaction {
    onAction(interaction.id, action);
    return interaction;
  }

  route('slash', slash, 'The application did not respond', ({ options, name, subcommand, ...by }, files) => {
    const given = Object.entries(options).map(([key, value]) => {
      return [key, typeof value === 'object' && 'file' in value ? pick(value, files) : value] as const;
    });
    const words = subcommand ? `${name} ${subcommand}` : name;
    return recordAction(discord.slash(by, name, Object.fromEntries(given), subcommand), `used /${words}`);
  });

  route('menu', menu, 'The application did not respond', ({ name, message, ...by }) => {
    return recordAction(discord.menu(by, name, message), `used ${name}`);
  });

  route('press', press, 'This interaction failed', ({ message, customId, values, ...by }) => {
    const source = discord.visible(by.channel, by.user).find(({ id }) => id === message);
    const placed = [...walk(source?.components ?? [])].find(({ component }) => component.custom_id === customId);
    const label = placed?.component.label;
    return recordAction(discord.press(by, message, customId, values), label ? `pressed ${label}` : 'made a choice');
  });

  route('submit', submit, 'Something went wrong. Try again.', ({ interaction, fields, ...by }, files) => {
    const shown = modals.get(interaction);
    if (!shown) throw new Error('this form is no longer open');
    const given = Object.entries(fields).map(([key, value]) => {
      if (!Array.isArray(value)) return [key, value] as const;
      const uploads = value.flatMap((one) => (typeof one === 'object' ? [pick(one, files)] : []));
      return [key, uploads.length > 0 ? uploads : value.filter((one) => typeof one === 'string')] as const;
    });
    return recordAction(discord.submit(by, shown, Object.fromEntries(given)), `sent ${shown.modal?.title ?? 'a form'}`);
  });

  route('post', post, '', ({ content, files: references, ...by }, files) => {
    if (content.trim() === '' && references.length === 0) throw new Error('there is nothing to send');
    const uploads = references.map((reference) => pick(reference, files));
    discord.post(by, content.trim(), uploads);
    return undefined;
  });
}

function sentence(error: unknown): string {
  if (error instanceof z.ZodError) return z.prettifyError(error);
  return error instanceof Error ? error.message : 'that is not possible';
}
