// Routes for the bot itself and its guild: gateway URL, user, application, members, roles.
import { unknownGuild, unknownMember, unknownUser } from './errors.ts';
import type { SessionStartLimit } from './gateway.ts';
import type { Call, Rest } from './rest.ts';
import { channelJson, guildJson, isOwn, type Json, memberJson, roleJson, userJson } from './wire.ts';
import type { User, World } from './world.ts';

export function applicationJson(world: World): Json {
  return {
    id: world.application.id,
    name: world.application.name,
    description: '',
    icon: null,
    bot: userJson(world.bot),
    bot_public: true,
    bot_require_code_grant: false,
    flags: 0,
    owner: userJson(world.owner),
    team: null,
    summary: '',
    verify_key: '0'.repeat(64),
    integration_types_config: { 0: {} },
    approximate_guild_count: 1,
  };
}

/** Adds the routes; `gatewayUrl` is the WebSocket's URL. */
export function addGuildRoutes(
  rest: Rest,
  world: World,
  gateway: { url: () => string; startLimit: () => SessionStartLimit; shards: () => number },
): void {
  function inGuild(call: Call): void {
    if (call.params.guild !== world.guild.id) throw unknownGuild();
  }
  function withUser(user: User): Json {
    return { ...memberJson(user), user: userJson(user) };
  }

  rest.route('GET', '/gateway', () => ({ body: { url: gateway.url() } }), { token: false });
  rest.route('GET', '/gateway/bot', () => ({
    body: { url: gateway.url(), shards: gateway.shards(), session_start_limit: gateway.startLimit() },
  }));
  rest.route('GET', '/users/@me', () => ({
    body: { ...userJson(world.bot), verified: true, mfa_enabled: true, email: null },
  }));
  rest.route('GET', '/users/:user', (call) => {
    const user = world.findUser(call.params.user ?? '');
    if (!user) throw unknownUser();
    return { body: userJson(user) };
  });
  rest.route('GET', '/applications/@me', () => ({ body: applicationJson(world) }));
  rest.route('GET', '/oauth2/applications/@me', () => ({ body: applicationJson(world) }));
  rest.route('GET', '/guilds/:guild', (call) => {
    inGuild(call);
    return { body: guildJson(world) };
  });
  rest.route('GET', '/guilds/:guild/channels', (call) => {
    inGuild(call);
    return { body: world.channels.filter(isOwn).map((one) => channelJson(world, one)) };
  });
  rest.route('GET', '/guilds/:guild/roles', (call) => {
    inGuild(call);
    return { body: world.roles.map(roleJson) };
  });
  rest.route('GET', '/guilds/:guild/members/:user', (call) => {
    inGuild(call);
    const user = world.findUser(call.params.user ?? '');
    if (!user) throw unknownMember();
    return { body: withUser(user) };
  });
}
