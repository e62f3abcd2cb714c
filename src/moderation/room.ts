// The review channel as it is now. A card shows what nobody else may see, so each time before one is posted the channel
// is looked at again; while it cannot be used, those who run the server are told once for each cause.
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { Messenger } from '../discord/messenger.ts';
import { type CardPermission, cardPermissions } from '../discord/permissions.ts';
import type { Places } from '../discord/places.ts';
import { DiscordTrouble, isRefusal, UserError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Language } from '../settings/language.ts';
import type { SettingsStore } from '../settings/settings.ts';
import { createForgetful, type Store } from '../store/store.ts';
import type { Texts } from '../texts/texts.ts';

/**
 * Why there is no place for a card:
 * - `unset`: the server has no review channel
 * - `gone`: it was deleted, or is no text channel
 * - `elsewhere`: it belongs to another server
 * - `closed`: the bot may not use it
 * - `public`: everybody in the server sees it
 */
export type RoomTrouble = 'unset' | 'gone' | 'elsewhere' | 'closed' | 'public';

export type Room =
  | { channelId: string; trouble: undefined; ageRestricted: boolean }
  | { channelId: string | undefined; trouble: RoomTrouble; missing: readonly CardPermission[] };

export type Rooms = {
  /** The server's review channel now. @throws {DiscordTrouble} when Discord does not say */
  look(guildId: string): Promise<Room>;
  /**
   * A channel that somebody wants as review channel.
   * @returns whether it is age-restricted
   * @throws {UserError} when it cannot be one; {DiscordTrouble}
   */
  check(guildId: string, channelId: string): Promise<boolean>;
  /** Tells those who run the server, once for each cause until a card can be posted again. Never throws DiscordTrouble. */
  tell(guildId: string, locale: string | undefined, room: Extract<Room, { trouble: RoomTrouble }>): Promise<void>;
  /** A card could be posted: the next trouble is told again. */
  mended(guildId: string): Promise<void>;
};

/** Longer than Discord may take for two messages. */
const tellMs = 120_000;

/** What was told since cards could last be posted. `at`: when that began. */
const stored = z.object({ at: z.number(), causes: z.array(z.string()) });

export function createRooms(options: {
  messenger: Pick<Messenger, 'send' | 'sendDirect'> & Pick<Places, 'channel' | 'server'>;
  settings: Pick<SettingsStore, 'get'>;
  store: Store;
  language: Language;
  clock: Clock;
  log: Log;
}): Rooms {
  const { messenger, settings, store, language, clock, log } = options;
  // What cannot be read is told once more, rather than holding up the reviews of its server.
  const told = createForgetful(store.space('room-told'), (value) => stored.safeParse(value).data);

  async function inspect(guildId: string, channelId: string): Promise<Room> {
    const channel = await messenger.channel(guildId, channelId);
    const unusable = (trouble: RoomTrouble, missing: readonly CardPermission[] = []): Room => {
      return { channelId, trouble, missing };
    };
    if (channel === 'hidden') return unusable('closed', cardPermissions);
    if (typeof channel === 'string') return unusable(channel);
    if (!channel.isText) return unusable('gone');
    if (channel.isPublic) return unusable('public');
    if (channel.missing.length > 0) return unusable('closed', channel.missing);
    return { channelId, trouble: undefined, ageRestricted: channel.ageRestricted };
  }

  /** Where Discord announces things, and else the owner. @returns whether somebody could be reached */
  async function send(guildId: string, nonce: string, text: string, t: Texts): Promise<boolean> {
    const server = await messenger.server(guildId);
    if (!server) return false;
    const { name, systemChannelId, ownerId } = server;
    const announce = (channelId: string) => () =>
      messenger.send(channelId, nonce, { text: `<@${ownerId}> ${text}`, ping: ownerId });
    const ways = [
      ...(systemChannelId === undefined ? [] : [announce(systemChannelId)]),
      // They may run several.
      () => messenger.sendDirect(ownerId, nonce, { text: `${t.general.server(name)}\n${text}` }),
    ];
    for (const way of ways) {
      try {
        await way();
        return true;
      } catch (error) {
        if (!isRefusal(error)) throw error;
        log.debug({ guild: guildId, err: error }, 'those who run a server cannot be reached this way');
      }
    }
    return false;
  }

  return {
    async look(guildId) {
      const { reviewChannel } = await settings.get(guildId);
      if (reviewChannel === undefined) return { channelId: undefined, trouble: 'unset', missing: [] };
      return inspect(guildId, reviewChannel);
    },

    async check(guildId, channelId) {
      const room = await inspect(guildId, channelId);
      switch (room.trouble) {
        case undefined:
          return room.ageRestricted;
        case 'closed': {
          const { missing } = room;
          throw new UserError((t) => {
            const names = missing.map((name) => t.general.permissions[name]);
            return t.settings.channelPermissions(channelId, names);
          });
        }
        case 'public':
          throw new UserError((t) => t.settings.publicChannel(channelId));
        case 'elsewhere':
          throw new UserError((t) => t.settings.otherServer);
        case 'gone':
        case 'unset':
          throw new UserError((t) => t.settings.textChannel);
      }
    },

    async tell(guildId, locale, { trouble, channelId }) {
      const lease = await store.claim(`room-told:${guildId}`, tellMs);
      // Somebody else is telling it right now.
      if (!lease) return;
      try {
        const { at, causes } = (await told.get(guildId)) ?? { at: clock.now(), causes: [] };
        if (causes.includes(trouble)) return;
        // Saved first, so that after a crash in between the nonce is the same and the message comes once.
        await told.set(guildId, { at, causes });
        const t = language.of(locale);
        const text = t.moderation.room.told[trouble](channelId ?? '');
        log.error({ guild: guildId, channel: channelId, trouble }, 'the review channel cannot be used; results wait');
        const reached = await send(guildId, `${guildId}-${trouble.slice(0, 1)}${at % 1000}`, text, t);
        if (!reached) log.error({ guild: guildId }, 'nobody who runs a server can be told');
        await told.set(guildId, { at, causes: [...causes, trouble] });
      } catch (error) {
        if (!(error instanceof DiscordTrouble)) throw error;
        log.warn({ guild: guildId, err: error }, 'those who run a server could not be told yet');
      } finally {
        await lease.release();
      }
    },

    async mended(guildId) {
      if (await told.get(guildId)) await told.delete(guildId);
    },
  };
}
