// /settings panel: one private message in pages, whose selects, buttons and modals change what it shows.
import { describe, expect, it } from 'vitest';
import type { Interaction } from '../../sandbox/discord/discord.ts';
import { createLab, type Lab } from '../lab.ts';
import { mia, otto, privateReply } from '../support.ts';
import { change, readLog } from './review-cards.ts';

async function open(lab: Lab) {
  const first = lab.discord.slash(otto, 'settings', {}, 'panel');
  const { id } = await privateReply(first);
  const text = () => first.original()?.content ?? '';
  const components = () => JSON.stringify(first.original()?.components);
  /** Presses, chooses, or fills in, and waits until the panel shows what it should. */
  async function press(customId: string, shows: string, values?: string[]): Promise<Interaction> {
    const pressed = lab.discord.press(otto, id, customId, values);
    await pressed.acknowledged;
    if (!pressed.modal) await lab.until(`${customId} shows ${shows}`, () => (text() + components()).includes(shows));
    return pressed;
  }
  async function fill(pressed: Interaction, value: string, shows: string): Promise<Interaction> {
    const submitted = lab.discord.submit(otto, pressed, { value });
    await submitted.acknowledged;
    await lab.until(
      `it shows ${shows}`,
      () => text().includes(shows) || JSON.stringify(submitted.followups()).includes(shows),
    );
    return submitted;
  }
  return { id, text, press, fill, components };
}

describe('the panel', () => {
  it('shows every value beside its default, page by page, and what is wrong', async () => {
    const lab = await createLab();
    await change(lab, { reminderHours: 5, reviewChannel: lab.discord.world.channel('general').id });
    const { text, press } = await open(lab);
    expect(text()).toContain('**Settings** · Check');
    expect(text()).toContain('Everyone can see the review channel');
    expect(text()).toContain("I can't read this server's AutoMod rules");
    expect(text()).toContain('Members may edit as often as they like');
    await press('settings-page:moderation', '**Flagged results**: hold (default)');
    expect(text()).toContain('**Reminder after**: 5 h (default: 12 h)');
    await press('settings-page:limits', '**Edits of one member at once**: no limit (default)');
    await press('settings-page:words', 'Prompt list: 0 entries');
    await press('settings-page:check', '· Check');
    const general = lab.discord.world.channel('general').id;
    await press('settings-look', `I can work in <#${general}>`, ['general']);
    lab.discord.deny('general', 'ATTACH_FILES', 'SEND_MESSAGES');
    await press('settings-look', 'I lack: Send Messages, Attach Files', ['general']);
  });

  it('changes a setting of every kind, says so, and accounts for each', async () => {
    const lab = await createLab();
    const { press, fill, components } = await open(lab);
    await press('settings-page:moderation', '· Moderation');
    await press('settings-pick:moderation', 'settings-set:flagged', ['flagged']);
    await press('settings-set:flagged', '**Flagged results**: block (default: hold)', ['block']);
    await press('settings-default:flagged', '**Flagged results**: hold (default)');
    await press('settings-pick:moderation', 'settings-set:self-approval', ['self-approval']);
    await press('settings-set:self-approval', 'own edits**: yes (default: no)', ['true']);
    await press('settings-pick:moderation', 'settings-set:review-channel', ['review-channel']);
    const review = lab.discord.world.channel('review').id;
    await press('settings-set:review-channel', `**Review channel**: <#${review}> (default: none)`, ['review']);
    expect(components()).toContain('#review');
    await press('settings-pick:moderation', 'settings-set:moderator-role', ['moderator-role']);
    await press('settings-set:moderator-role', '**Moderator role**: <@&', ['Moderators']);
    const asked = await press('settings-pick:moderation', '', ['reminder-hours']);
    await fill(asked, '24', '**Reminder after**: 24 h (default: 12 h)');
    await press('settings-page:limits', '· Limits');
    await fill(await press('settings-pick:limits', '', ['per-day']), '7', 'within 24 hours**: 7 (default: no limit)');
    await fill(await press('settings-pick:limits', '', ['per-day']), '', 'within 24 hours**: no limit (default)');
    await press('settings-page:words', '· Words');
    await fill(await press('settings-words:add', ''), 'gore*, blood bath', '2 entries');
    await fill(await press('settings-words:remove', ''), 'gore*', '1 entry');
    const log = (await readLog(lab)).map(
      ({ details }) => `${details?.setting} ${details?.to ?? details?.added ?? details?.removed}`,
    );
    expect(log).toEqual([
      'flagged block',
      'flagged hold',
      'self-approval true',
      `review-channel ${review}`,
      `moderator-role ${lab.discord.world.roles.find(({ name }) => name === 'Moderators')?.id}`,
      'reminder-hours 24',
      'per-day 7',
      'per-day none',
      'blocklist gore*, blood bath',
      'blocklist gore*',
    ]);
  });

  it('refuses what makes no sense in a note of its own, and keeps what it shows', async () => {
    const lab = await createLab();
    const { press, fill, text } = await open(lab);
    await press('settings-page:moderation', '· Moderation');
    await fill(await press('settings-pick:moderation', '', ['reminder-hours']), '0.5', 'whole number from 1 to 720');
    await fill(await press('settings-pick:moderation', '', ['reminder-hours']), '100', 'has to come before the expiry');
    await press('settings-pick:moderation', 'settings-set:review-channel', ['review-channel']);
    const refused = await press('settings-set:review-channel', 'Review channel', ['general']);
    await lab.until('a note', () => refused.followups().length > 0);
    expect(refused.followups()[0]?.content).toContain('Everyone can see');
    expect(text()).toContain('**Review channel**: none (default)');
    expect(await readLog(lab)).toEqual([]);
  });

  it('works after a restart, and only for who runs the server then', async () => {
    const lab = await createLab();
    const { press, id } = await open(lab);
    await lab.stop();
    await lab.start();
    await press('settings-page:limits', '· Limits');
    expect(() => lab.discord.press(mia, id, 'settings-page:limits')).toThrow('sees no message');
  });
});
