// How large a picture may be: a reply may be as large as its interaction allows, a message of the bot as its server's boosts
// do, whatever its requester pays for; and smaller each time that Discord refuses the size.
import { expect, it, test } from 'vitest';
import { createRecords } from '../../src/edit/records.ts';
import { limitOf } from '../../src/result/deliver.ts';
import { createSqliteStore } from '../../src/store/sqlite.ts';
import { delivering } from '../edit/examples.ts';
import { createLab, storePath } from '../lab.ts';

const mib = 2 ** 20;
const edit = delivering();
const own = 500 * mib;

test.each([
  { where: 'a reply', inReply: true, messageLimit: undefined, limits: [500, 10, 8, 4, 1, undefined] },
  { where: 'a message', inReply: false, messageLimit: undefined, limits: [10, 8, 4, 1, undefined] },
  { where: 'a boosted message', inReply: false, messageLimit: 50 * mib, limits: [50, 10, 8, 4, 1, undefined] },
])('$where takes $limits MiB in turn', ({ inReply, messageLimit, limits }) => {
  const origin = { ...edit.origin, uploadLimit: own, messageLimit };
  const found = limits.map((_limit, tooLarge) => limitOf({ ...edit, origin, tooLarge }, inReply));
  expect(found).toEqual(limits.map((limit) => limit && limit * mib));
});

it('is taken from the boosts of the server in which the edit was asked for', async () => {
  const lab = await createLab({ discord: { uploadLimit: own }, idle: true });
  for (const [premiumTier, messageLimit] of [
    [0, undefined],
    [1, undefined],
    [2, 50 * mib],
    [3, 100 * mib],
  ] as const) {
    lab.discord.world.guild.premiumTier = premiumTier;
    await lab.start();
    const interaction = lab.edit('blur');
    await lab.until('delivered', () =>
      lab.logs.some(({ msg, edit: id }) => msg === 'edit delivered' && id === interaction.id),
    );
    await lab.stop();
    const store = createSqliteStore(storePath(lab));
    const { origin } = (await createRecords(store, 60_000).load(interaction.id)) ?? {};
    await store.close();
    expect(origin?.uploadLimit, `level ${premiumTier}`).toBe(own);
    expect(origin?.messageLimit, `level ${premiumTier}`).toBe(messageLimit);
  }
});
