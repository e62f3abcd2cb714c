// Three processes on one store hear every interaction, as two do while one replaces the other; and a resumed session
// repeats what it had sent. Of whatever kind it is, each is answered by one, once.

import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Interaction } from '../../sandbox/discord/discord.ts';
import { findFreePort } from '../../sandbox/free-port.ts';
import { en } from '../../src/texts/en/en.ts';
import { createLab, type Lab } from '../lab.ts';
import { noRedis, type RedisServer, startRedis } from '../redis-server.ts';
import { askToDelete, mia, noah, otto, pause } from '../support.ts';

let redis: RedisServer | undefined;
beforeAll(async () => {
  if (!noRedis) redis = await startRedis();
});
afterAll(() => redis?.kill());

/** Long enough for every process to have answered, had it wanted to. */
const quietMs = 300;

/** How often Discord was sent an answer to the interaction, accepted or not, or a change of one. */
async function answers(lab: Lab, interaction: Interaction): Promise<string[]> {
  await interaction.acknowledged;
  await pause(quietMs);
  const { requests } = lab.discord.standIn;
  return requests.filter(({ path }) => path.includes(interaction.id)).map(({ method }) => method);
}

async function tryEveryKind(lab: Lab): Promise<void> {
  const once = async (interaction: Interaction) => expect(await answers(lab, interaction)).toEqual(['POST']);
  const edited = lab.edit('sepia');
  const posted = await edited.until((message) => message.attachments.length > 0);
  await once(edited);
  // Refused in words, a private answer, a change of a setting, buttons.
  await once(lab.edit('​'));
  await once(lab.discord.slash(otto, 'review', {}, 'queue'));
  await once(lab.discord.slash(otto, 'settings', { unchecked: 'hold' }, 'moderation'));
  await once(lab.discord.press(mia, posted.id, /^again:/));
  await once(await askToDelete(lab, noah, posted.id));
  const deleting = await askToDelete(lab, mia, posted.id);
  lab.discord.replay(deleting);
  await once(deleting);
  // A menu, the modal that it shows, and a menu whose answer is private.
  const menu = lab.discord.menu(noah, en.run.menu.name, posted.id);
  await once(menu);
  await once(lab.discord.submit(noah, menu, { prompt: 'blur' }));
  await once(lab.discord.menu(noah, en.moderation.report.menu, posted.id));
  expect(lab.runs()).toHaveLength(3);
}

it.skipIf(noRedis)('in three processes on Redis', async () => {
  const lab = await createLab({ idle: true, env: { STORE_URL: redis?.url() ?? '' } });
  for (let index = 0; index < 3; index += 1) {
    lab.env.PORT = String(await findFreePort());
    await lab.start();
  }
  await tryEveryKind(lab);
});

it('in one process that hears everything twice', async () => {
  const lab = await createLab();
  const { discord } = lab;
  const again = (interaction: Interaction) => {
    discord.replay(interaction);
    return interaction;
  };
  await tryEveryKind({
    ...lab,
    edit: (...args) => again(lab.edit(...args)),
    discord: {
      ...discord,
      slash: (...args) => again(discord.slash(...args)),
      press: (...args) => again(discord.press(...args)),
      menu: (...args) => again(discord.menu(...args)),
      submit: (...args) => again(discord.submit(...args)),
    },
  });
});

it.skipIf(noRedis)('and while the store is away, they are answered in words', async () => {
  const away = await startRedis();
  const lab = await createLab({ env: { STORE_URL: away.url() } });
  await away.kill();
  const reply = await lab.edit('sepia').replied();
  expect(reply.content).toMatch(/not be saved|cannot be saved|nothing was charged/i);
});
