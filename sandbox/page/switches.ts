// Switches for what people do to a bot in the life of a server: take a permission away, close their direct messages, lift
// an age restriction. The page shows those of the channel and of the person that it shows.
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Discord, PermissionName } from '../discord/discord.ts';
import type { Channel, User } from '../discord/world.ts';

export type Switch = { name: string; label: string; on: boolean };

type Place = { user: User; channel: Channel };
type Row = {
  name: string;
  label: (place: Place) => string;
  /** Whether there is such a switch here. */
  exists: (place: Place) => boolean;
  isOn: (place: Place) => boolean;
  set: (place: Place, on: boolean) => void;
};

const permissions: Record<string, readonly PermissionName[]> = {
  'see this channel': ['VIEW_CHANNEL'],
  'send messages here': ['SEND_MESSAGES', 'SEND_MESSAGES_IN_THREADS'],
  'attach files here': ['ATTACH_FILES'],
  'read the history here': ['READ_MESSAGE_HISTORY'],
};

function createRows(discord: Discord): Row[] {
  const { world } = discord;
  const inServer = ({ channel }: Place) => channel.type !== 1;
  const rootOf = ({ channel }: Place) => world.channel(world.rootOf(channel.id));

  /** By channel: the permissions that were taken away here. Without the first, none of the others would hold. */
  const taken = new Map<string, ReadonlySet<string>>();
  const takenIn = (place: Place) => taken.get(rootOf(place).id) ?? new Set<string>();

  const rights = Object.keys(permissions).map((label): Row => {
    return {
      name: `bot-may-${label.replaceAll(' ', '-')}`,
      label: () => `The bot may ${label}`,
      exists: inServer,
      isOn: (place) => !takenIn(place).has(label),
      set(place, on) {
        const root = rootOf(place);
        const now = new Set(takenIn(place));
        if (on) now.delete(label);
        else now.add(label);
        taken.set(root.id, now);
        discord.allow(root.id);
        if (now.size > 0) discord.deny(root.id, ...[...now].flatMap((one) => permissions[one] ?? []));
      },
    };
  });
  return [
    ...rights,
    {
      name: 'age-restricted',
      label: () => 'This channel is age-restricted',
      exists: inServer,
      isOn: (place) => rootOf(place).nsfw,
      set: (place, on) => discord.setRestricted(rootOf(place).id, on),
    },
    {
      name: 'direct-messages',
      label: ({ user }) => `${user.displayName} takes direct messages`,
      exists: () => true,
      isOn: ({ user }) => !world.closedDms.has(user.id),
      set: ({ user }, on) => (on ? discord.openDms(user.id) : discord.closeDms(user.id)),
    },
  ];
}

const asked = z.object({ user: z.string(), channel: z.string(), on: z.boolean() });

export type Switches = {
  /** The switches of a person in a channel. */
  show(user: User, channel: Channel): Switch[];
  addRoutes(app: FastifyInstance, changed: () => void): void;
};

export function createSwitches(discord: Discord): Switches {
  const rows = createRows(discord);
  return {
    show(user, channel) {
      const place = { user, channel };
      return rows
        .filter(({ exists }) => exists(place))
        .map(({ name, label, isOn }) => ({ name, label: label(place), on: isOn(place) }));
    },
    addRoutes(app, changed) {
      app.post<{ Params: { name: string } }>('/switches/:name', async (request, reply) => {
        const row = rows.find(({ name }) => name === request.params.name);
        const given = asked.safeParse(request.body);
        if (!row || !given.success) return reply.code(400).send({ error: 'there is no such switch' });
        const user = discord.world.user(given.data.user);
        const place = { user, channel: discord.world.channel(given.data.channel, user.id) };
        row.set(place, given.data.on);
        changed();
        return { message: `${row.label(place)}: ${given.data.on ? 'yes' : 'no'}` };
      });
    },
  };
}
