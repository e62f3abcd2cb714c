// A picture was put into the reply, Discord's answer was lost, and somebody deletes it before the next try: it is not
// posted anew.

import { describe, expect, it } from 'vitest';
import type { Interaction } from '../../sandbox/discord/discord.ts';
import type { Lab } from '../lab.ts';
import { editReply, inLab, runsOf } from './own-lab.ts';

const pausesMs = 1_500;
const look = { method: 'GET', path: /%40original/ };
const looks = (lab: Lab) =>
  lab.discord.standIn.requests.filter(({ method, path }) => method === look.method && look.path.test(path));

/** The picture stands there, and the bot does not know. */
async function loseAnswer(lab: Lab): Promise<Interaction> {
  lab.discord.standIn.fault({ ...editReply, kind: 'reset-after' });
  const edit = lab.edit('blur');
  await lab.until('the picture', () => edit.original()?.attachments.length === 1);
  return edit;
}

const logged = (lab: Lab, msg: string) => lab.logs.some((line) => line.msg === msg);

describe.concurrent('a reply that was deleted before its lost answer', { timeout: 60_000 }, () => {
  it.each(['', 'and whose token has expired'])('%s stays deleted', (what) =>
    inLab({ timing: { backoffMs: pausesMs } }, async (lab) => {
      const edit = await loseAnswer(lab);
      lab.discord.deleteMessage(edit.original()?.id ?? '');
      if (what) lab.discord.expireToken(edit);
      await lab.until('the end', () => logged(lab, 'a result was deleted before it was known to be posted'));
      await lab.stop();
      expect(lab.discord.messages('general')).toEqual([]);
      expect(runsOf(lab, edit.id)).toHaveLength(1);
      // After another start it stays so.
      await lab.start();
      expect(lab.discord.messages('general')).toEqual([]);
    }),
  );

  it('is looked at until Discord says how it stands, and shows the picture once if nobody deleted it', () =>
    inLab({}, async (lab) => {
      lab.discord.standIn.fault({ ...look, kind: 'answer', status: 503, times: 3 });
      const edit = await loseAnswer(lab);
      await lab.until('delivered', () => logged(lab, 'edit delivered'));
      expect(looks(lab)).toHaveLength(4);
      expect(lab.results()).toHaveLength(1);
      expect(edit.original()?.attachments).toHaveLength(1);
    }));

  it('is not posted a second time where nobody can say what became of it', () =>
    inLab({ timing: { backoffMs: pausesMs } }, async (lab) => {
      const edit = await loseAnswer(lab);
      lab.discord.deny('general', 'READ_MESSAGE_HISTORY');
      lab.discord.expireToken(edit);
      await lab.until('the end', () => logged(lab, 'edit failed'), 20_000);
      expect(lab.results()).toHaveLength(1);
    }));
});

it('a reply that was deleted while the picture was made is not missed', () =>
  inLab({}, async (lab) => {
    lab.runflow.hold();
    const edit = lab.edit('blur');
    await edit.acknowledged;
    lab.discord.deleteMessage(edit.original()?.id ?? '');
    lab.runflow.release();
    await lab.until('the picture', () => lab.results().length === 1);
    expect(looks(lab)).toEqual([]);
  }));
