// Routes for application commands: /applications/{id}/commands, and the same for a guild.
import type { Commands, RegisteredCommand } from './commands.ts';
import { invalidForm, missingAccess, notYourApplication, unknownCommand } from './errors.ts';
import type { Call, Rest } from './rest.ts';
import { commandCreate, commandPatch, commandUpdate } from './schema.ts';
import type { World } from './world.ts';

/** Adds the routes for both scopes. */
export function addCommandRoutes(rest: Rest, world: World, commands: Commands): void {
  function scopeOf(call: Call): string | undefined {
    if (call.params.application !== world.application.id) throw notYourApplication();
    const { guild } = call.params;
    if (guild !== undefined && guild !== world.guild.id) throw missingAccess();
    return guild;
  }
  function commandOf(call: Call): RegisteredCommand {
    const found = commands.list(scopeOf(call)).find((one) => one.id === call.params.command);
    if (!found) throw unknownCommand();
    return found;
  }

  for (const base of ['/applications/:application/commands', '/applications/:application/guilds/:guild/commands']) {
    rest.route('GET', base, (call) => ({ body: commands.list(scopeOf(call)) }));
    rest.route('PUT', base, (call) => {
      const guild = scopeOf(call);
      if (!Array.isArray(call.json)) {
        throw invalidForm([{ path: [], code: 'BASE_TYPE_BAD_TYPE', message: 'Only lists may be used' }]);
      }
      const bodies = call.json.map((body: unknown, index) => commandUpdate(body, [index]));
      return { body: commands.replace(bodies, guild) };
    });
    rest.route('POST', base, (call) => {
      const { command, created } = commands.upsert(commandCreate(call.json), scopeOf(call));
      return { status: created ? 201 : 200, body: command };
    });
    rest.route('GET', `${base}/:command`, (call) => ({ body: commandOf(call) }));
    rest.route('PATCH', `${base}/:command`, (call) => {
      const old = commandOf(call);
      const { command } = commands.upsert({ ...old, ...commandPatch(call.json) }, scopeOf(call), old);
      return { body: command };
    });
    rest.route('DELETE', `${base}/:command`, (call) => {
      commands.remove(commandOf(call).id, scopeOf(call));
      return { status: 204 };
    });
  }
}
