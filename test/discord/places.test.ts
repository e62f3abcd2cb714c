// What somebody may do in a channel, as Discord computes it from roles and overwrites; and looks at channels that are
// gone, hidden or elsewhere.
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { createDiscord, type Discord } from '../../sandbox/discord/discord.ts';
import { createMessenger } from '../../src/discord/messenger.ts';
import { permissionsIn } from '../../src/discord/places.ts';
import { createTransport } from '../../src/discord/transport.ts';

const view = 1n << 10n;
const send = 1n << 11n;
const administrator = 1n << 3n;

describe('permissions', () => {
  const roles = (everyone: bigint, more: bigint = 0n) => [
    { id: 'guild', permissions: everyone },
    { id: 'role', permissions: more },
    { id: 'other', permissions: 0n },
  ];
  const nobody = { userId: 'user', roleIds: [] };
  const member = { userId: 'user', roleIds: ['role', 'other'] };
  const overwrite = (id: string, allow: bigint, deny: bigint) => ({ id, allow, deny });

  test.each([
    ['@everyone sees it by their role', roles(view), [], nobody, view],
    ['@everyone does not see it by their role', roles(0n), [], nobody, 0n],
    ['@everyone is denied it', roles(view), [overwrite('guild', 0n, view)], nobody, 0n],
    ['@everyone is allowed it here only', roles(0n), [overwrite('guild', view, 0n)], nobody, view],
    ['an overwrite for others changes nothing', roles(view), [overwrite('role', 0n, view)], nobody, view],
    [
      'a role is allowed what @everyone is denied',
      roles(view),
      [overwrite('guild', 0n, view), overwrite('role', view, 0n)],
      member,
      view,
    ],
    [
      'one role allows what another denies',
      roles(view),
      [overwrite('role', view, 0n), overwrite('other', 0n, view)],
      member,
      view,
    ],
    [
      'the member is denied what a role allows',
      roles(view),
      [overwrite('role', view, 0n), overwrite('user', 0n, view)],
      member,
      0n,
    ],
    ['without View Channel nothing else counts', roles(view | send), [overwrite('guild', 0n, view)], member, 0n],
    ['an administrator may do everything', roles(0n, administrator), [overwrite('role', 0n, view)], member, ~0n],
    [
      'where everyone is an administrator, everybody sees it',
      roles(administrator),
      [overwrite('guild', 0n, view)],
      nobody,
      ~0n,
    ],
  ] as const)('%s', (_what, all, overwrites, who, expected) => {
    expect(permissionsIn({ id: 'guild', owner_id: 'owner', roles: all }, overwrites, who)).toBe(expected);
  });

  test('the owner may do everything', () => {
    const owner = { userId: 'owner', roleIds: [] };
    expect(permissionsIn({ id: 'guild', owner_id: 'owner', roles: roles(0n) }, [], owner)).toBe(~0n);
  });
});

describe('a look', () => {
  let discord: Discord;
  const { makeRequest, close } = createTransport();
  const look = () => createMessenger({ token: 'sandbox-token', apiUrl: discord.url, makeRequest });
  const id = (channel: string) => discord.world.channel(channel).id;

  beforeAll(async () => {
    discord = await createDiscord();
  });
  afterAll(async () => {
    await discord.close();
    await close();
  });

  it('tells whether a channel, and a thread by its parent, is age-restricted', async () => {
    for (const channel of ['lounge', 'lounge-thread']) expect(await look().isAgeRestricted(id(channel))).toBe(true);
    for (const channel of ['general', 'general-thread']) expect(await look().isAgeRestricted(id(channel))).toBe(false);
    discord.setRestricted('general', true);
    for (const channel of ['general', 'general-thread']) expect(await look().isAgeRestricted(id(channel))).toBe(true);
    discord.setRestricted('general', false);
    expect(await look().isAgeRestricted('1')).toBeUndefined();
    discord.deny('lounge', 'VIEW_CHANNEL');
    for (const channel of ['lounge', 'lounge-thread'])
      expect(await look().isAgeRestricted(id(channel))).toBeUndefined();
    discord.allow('lounge');
  });

  it('tells who sees a channel and what the bot lacks there', async () => {
    const there = { isText: true, missing: [] };
    expect(await look().channel(discord.world.guild.id, id('review'))).toMatchObject({
      ...there,
      isPublic: false,
      ageRestricted: false,
    });
    expect(await look().channel(discord.world.guild.id, id('lounge'))).toMatchObject({
      ...there,
      isPublic: true,
      ageRestricted: true,
    });
    discord.setPublic('review', true);
    expect(await look().channel(discord.world.guild.id, id('review'))).toMatchObject({ isPublic: true });
    discord.setPublic('review', false);
    discord.deny('review', 'SEND_MESSAGES', 'READ_MESSAGE_HISTORY');
    expect(await look().channel(discord.world.guild.id, id('review'))).toMatchObject({
      isPublic: false,
      missing: ['send', 'history'],
    });
    discord.deny('review', 'VIEW_CHANNEL');
    expect(await look().channel(discord.world.guild.id, id('review'))).toBe('hidden');
    discord.allow('review');
    expect(await look().channel(discord.world.guild.id, '1')).toBe('gone');
    expect(await look().channel(discord.world.guild.id, id('general-thread'))).toMatchObject({ isText: false });
    for (const other of ['elsewhere', 'dm-mia']) {
      expect(await look().channel(discord.world.guild.id, id(other))).toBe('elsewhere');
    }
    const { ownerId, systemChannelId } = (await look().server(discord.world.guild.id)) ?? {};
    expect([ownerId, systemChannelId]).toEqual([discord.world.user('otto').id, undefined]);
    expect(await look().server('1')).toBeUndefined();
  });

  it.each([401, 403, 404, 500])('that is answered with a page and %d tells nothing', async (status) => {
    const path = /\/channels\/\d+$/;
    const guildId = discord.world.guild.id;
    for (const ask of [(channel: string) => look().channel(guildId, channel), look().isAgeRestricted]) {
      discord.standIn.fault({
        method: 'GET',
        path,
        kind: 'answer',
        status,
        body: '<html>',
        headers: { 'content-type': 'text/html' },
      });
      await expect(ask(id('review'))).rejects.toThrow();
    }
  });
});
