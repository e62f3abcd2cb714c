// Editing in direct messages: not offered unless the operator says so, and then by the strictest rules.

import { describe, expect, it } from 'vitest';
import { start } from '../../src/app.ts';
import { createAudit } from '../../src/audit/audit.ts';
import { systemClock } from '../../src/clock.ts';
import { readConfig } from '../../src/config.ts';
import { StartError } from '../../src/errors.ts';
import { createLog } from '../../src/log.ts';
import { createMembers } from '../../src/moderation/members.ts';
import { createSqliteStore } from '../../src/store/sqlite.ts';
import { createLab, type Lab, rocket, storePath } from '../lab.ts';
import { at, hourMs, mia, privateText } from '../support.ts';
import { readLog } from './review-cards.ts';

const direct = at(mia, 'dm');
const refusal = 'I edit pictures in servers only, not in direct messages.';

describe('unless the operator says so', () => {
  it('is not offered', async () => {
    const lab = await createLab({ env: { DIRECT_MESSAGES: 'false' } });
    expect(() => lab.edit('blur', {}, direct)).toThrow('not offered');
    const spoken = lab.discord.post(direct, 'look', [rocket]);
    expect(() => lab.discord.menu(direct, 'Edit this image', spoken.id)).toThrow('not offered');
  });

  it('is refused in words where an older version offered it, also by menu, modal and button', async () => {
    const lab = await createLab();
    const result = await lab.edit('blur', {}, direct).until(({ attachments }) => attachments.length > 0);
    const spoken = lab.discord.post(direct, 'look', [rocket]);
    const menu = lab.discord.menu(direct, 'Edit this image', spoken.id);
    await menu.acknowledged;
    await lab.stop();
    lab.env.DIRECT_MESSAGES = 'false';
    const { contexts } = lab.discord.commands().find(({ name }) => name === 'edit') ?? {};
    await lab.start();
    for (const command of lab.discord.commands()) if (command.contexts?.length === 1) command.contexts = [0, 1];
    expect(contexts).toEqual([0, 1]);
    for (const asked of [
      lab.edit('blur', {}, direct),
      lab.discord.menu(direct, 'Edit this image', spoken.id),
      lab.discord.submit(direct, menu, { prompt: 'blur' }),
    ]) {
      expect(await privateText(asked)).toContain(refusal);
    }
    const again = lab.discord.press(direct, result.id, /^again:/);
    await lab.until('the refusal', () => again.original()?.ephemeralFor !== undefined);
    expect(again.original()?.content).toContain(refusal);
    expect(lab.runs()).toHaveLength(1);
  });
});

/** As a moderator of some server would have, maybe in another process or an older version. */
async function timeOut(lab: Lab, guildId: string, hours: number): Promise<void> {
  const store = createSqliteStore(storePath(lab));
  const members = createMembers(store, createAudit(store, systemClock), systemClock);
  await members.timeOut(guildId, lab.discord.world.user('mia').id, 'vera', hours * hourMs);
  await store.close();
}

describe('where the operator offers it', () => {
  it('a time-out in any server holds until the last one ends', async () => {
    const lab = await createLab();
    await lab.edit('blur', {}, direct).until(({ attachments }) => attachments.length > 0);
    await timeOut(lab, '200000000000000002', 1);
    await timeOut(lab, '200000000000000003', 3);
    expect(await privateText(lab.edit('blur', {}, direct))).toContain('A moderator has paused your edits until');
    lab.clock.move(2 * hourMs);
    expect(await privateText(lab.edit('blur', {}, direct))).toContain('A moderator has paused your edits until');
    lab.clock.move(2 * hourMs);
    await lab.edit('blur', {}, direct).until(({ attachments }) => attachments.length > 0);
    expect(lab.runs()).toHaveLength(2);
  });
});

describe('the operator’s own prompt list', () => {
  it('holds in direct messages and in servers, whatever a server’s own list says', async () => {
    const lab = await createLab({ env: { PROMPT_BLOCKLIST: 'blood bath, gore*' } });
    for (const by of [direct, mia]) {
      expect(await privateText(lab.edit('a GOREY picture', {}, by))).toMatch(/I don't take “gore\\\*” in prompts/);
      expect(await privateText(lab.edit('a blood-bath', {}, by))).toContain('“blood bath”');
    }
    expect(lab.runs()).toHaveLength(0);
    expect((await readLog(lab)).map(({ action, details }) => [action, details?.entry])).toEqual([
      ['prompt-refused', 'gore*'],
      ['prompt-refused', 'blood bath'],
    ]);
  });

  it('with entries that make no sense keeps the bot from starting, and says which', async () => {
    const lab = await createLab({ idle: true, env: { PROMPT_BLOCKLIST: 'fine, a*, !!' } });
    const started = start(readConfig(lab.env), createLog('silent', []));
    await expect(started).rejects.toThrow(StartError);
    await expect(started).rejects.toThrow(
      /PROMPT_BLOCKLIST: “a\\\*” would refuse too much.*PROMPT_BLOCKLIST: There is no word/,
    );
  });
});
