// What outlives a lost store: what was deleted, taken down or rejected before does not come back, and what is recovered
// without a clean flag is held, not posted.

import { rm } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { type Lab, storePath } from '../lab.ts';
import { askToDelete, mia, pause } from '../support.ts';
import { delivered, inLab, shown } from './own-lab.ts';

async function loseStore(lab: Lab): Promise<void> {
  await lab.stop();
  for (const suffix of ['', '-wal', '-shm']) await rm(storePath(lab) + suffix, { force: true });
  await lab.start();
}

const emptyLines = (lab: Lab) => lab.logs.filter(({ msg }) => msg.startsWith('the store is empty')).length;
const dropped = (lab: Lab) => lab.logs.filter(({ msg }) => msg.startsWith('a result is not posted'));

describe.concurrent('after a lost store', { timeout: 60_000 }, () => {
  it.each([{ callbacks: true }, { callbacks: false }])(
    'a picture that its requester deleted does not come back (callbacks: $callbacks)',
    ({ callbacks }) =>
      inLab({ callbacks }, async (lab) => {
        const interaction = lab.edit('blur');
        const message = await interaction.replied();
        await delivered(lab, [interaction]);
        const question = await (await askToDelete(lab, mia, message.id)).replied();
        lab.discord.press(mia, question.id, /^delete-confirmed:/);
        await lab.until('deleted', () => shown(lab, interaction.id).length === 0);
        const before = emptyLines(lab);
        await loseStore(lab);
        await lab.until('dropped', () => dropped(lab).length === 1);
        await pause(500);
        expect(shown(lab, interaction.id)).toEqual([]);
        expect(emptyLines(lab) - before).toBe(1);
      }),
  );

  it('a picture that somebody deleted by hand does not come back', () =>
    inLab({}, async (lab) => {
      const interaction = lab.edit('blur');
      const message = await interaction.replied();
      await delivered(lab, [interaction]);
      lab.discord.deleteMessage(message.id);
      await loseStore(lab);
      await lab.until('dropped', () => dropped(lab).length === 1);
      expect(shown(lab, interaction.id)).toEqual([]);
    }));

  it('a withheld result is not told again, and not shown', () =>
    inLab({}, async (lab) => {
      const interaction = lab.edit('blur [flagged]');
      await lab.until('the note', () => interaction.followups().length === 1);
      const before = lab.discord.messages('general').length;
      await loseStore(lab);
      await lab.until('dropped', () => dropped(lab).length === 1);
      await pause(300);
      expect(lab.discord.messages('general')).toHaveLength(before);
    }));

  it.each(['flagged', 'unchecked'])('a result that is %s is held, not posted, even where it would have been', (word) =>
    inLab({}, async (lab) => {
      lab.runflow.hold();
      const interaction = lab.edit(`blur [${word}]`);
      await interaction.acknowledged;
      await lab.until('the run', () => lab.runs().length === 1);
      await lab.stop();
      lab.runflow.release();
      await lab.until('the end', () => lab.runs()[0]?.completed_at !== null);
      for (const suffix of ['', '-wal', '-shm']) await rm(storePath(lab) + suffix, { force: true });
      await lab.start();
      await pause(1_500);
      expect(shown(lab, interaction.id)).toEqual([]);
    }),
  );

  it('a reply that says that it takes long still waits', () =>
    inLab({ timing: { tellWaitMs: 200 } }, async (lab) => {
      lab.runflow.hold();
      const interaction = lab.edit('blur');
      await lab.until('told', () => interaction.original()?.content.includes('still working') ?? false);
      await lab.stop();
      lab.runflow.release();
      await lab.until('the end', () => lab.runs()[0]?.completed_at !== null);
      for (const suffix of ['', '-wal', '-shm']) await rm(storePath(lab) + suffix, { force: true });
      await lab.start();
      await delivered(lab, [interaction]);
      expect(shown(lab, interaction.id)).toHaveLength(1);
      // The reply that promised it is gone.
      await lab.until(
        'tidied up',
        () => !lab.discord.messages('general').some(({ content }) => content.includes('still working')),
      );
    }));
});

describe.concurrent('a store that loses its data while the bot runs', { timeout: 60_000 }, () => {
  it('is noticed by the callback of a run that no record knows', () =>
    inLab({}, async (lab) => {
      lab.runflow.hold();
      const interaction = lab.edit('blur');
      await interaction.acknowledged;
      await lab.until('the run', () => lab.runs()[0]?.status_code === 'running');
      await pause(300);
      const database = new DatabaseSync(storePath(lab));
      database.exec('DELETE FROM record; DELETE FROM place;');
      database.close();
      lab.runflow.release();
      await delivered(lab, [interaction]);
      expect(shown(lab, interaction.id)).toHaveLength(1);
    }));
});
