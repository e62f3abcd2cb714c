// Time-outs and the rights to moderate, as members and moderators meet them.

import { describe, expect, it } from 'vitest';
import { en } from '../../src/texts/en/en.ts';
import { createLab } from '../lab.ts';
import { at, mia, noah, otto, privateReply, vera, type Who } from '../support.ts';
import { idOf, numbered, pressInReply, review, timeOut, write } from './moderator-commands.ts';

describe('/review member', () => {
  it('shows a history and lifts a time-out with a button that survives a restart', async () => {
    const lab = await createLab();
    await lab.edit('blur').replied();
    await timeOut(lab, 'mia', 24);
    const refused = await privateReply(lab.edit('sepia'));
    expect(refused.content).toContain('paused your edits until <t:');
    expect(lab.runs()).toHaveLength(1);
    await lab.edit('sepia', {}, at(mia, 'dm')).replied();
    await lab.edit('sepia', {}, noah).replied();

    const reply = await privateReply(review(lab, 'member', { member: { user: 'mia' } }));
    expect(reply.content).toContain('time-outs 1');
    expect(reply.content).toContain(`by <@${idOf(lab, 'vera')}>`);
    await lab.stop();
    await lab.start();
    const lifted = await pressInReply(lab, reply, /^lift-time-out:/);
    expect(lifted.content).toContain('The time-out is lifted');
    expect(JSON.stringify(lifted.components)).not.toContain('lift-time-out');
    expect((await lab.edit('sepia').replied()).attachments).toHaveLength(1);
    const log = await privateReply(review(lab, 'log', { member: { user: 'mia' } }));
    expect(log.content).toContain('time-out lifted');
  });

  it('ends a time-out by itself', async () => {
    const lab = await createLab();
    await timeOut(lab, 'mia', 1);
    await privateReply(lab.edit('sepia'));
    lab.clock.move(3_600_001);
    expect((await lab.edit('sepia').replied()).attachments).toHaveLength(1);
    const reply = await privateReply(review(lab, 'member', { member: { user: 'mia' } }));
    expect(reply.content).toContain('May edit');
    expect(JSON.stringify(reply.components)).not.toContain('lift-time-out');
  });

  it('says so when somebody else has lifted it', async () => {
    const lab = await createLab();
    await timeOut(lab, 'mia', 1);
    const replies = [];
    for (const by of [vera, otto])
      replies.push(await privateReply(review(lab, 'member', { member: { user: 'mia' } }, by)));
    const [first, second] = replies;
    if (!first || !second) throw new Error('two replies');
    expect((await pressInReply(lab, first, /^lift-time-out:/)).content).toContain('is lifted');
    expect((await pressInReply(lab, second, /^lift-time-out:/, otto)).content).toContain('no time-out any more');
  });
});

describe('rights', () => {
  const subcommands = ['log', 'export', 'stats', 'queue', 'member'];
  const optionsOf = (name: string) => (name === 'member' ? { member: { user: 'vera' } } : {});

  it('refuses members every subcommand, and moderators none', async () => {
    const lab = await createLab();
    await write(lab, numbered(lab, 2));
    expect(() => review(lab, 'log', {}, mia)).toThrow('hidden');
    const names = (by: Who) => lab.discord.offered(by).map(({ name }) => name);
    expect(names(mia)).toEqual(['edit', en.run.menu.name, en.moderation.report.menu, 'usage']);
    expect(names(at(vera, 'general'))).toContain('review');
    expect(names(at(vera, 'general'))).not.toContain('settings');
    // Hiding a command guards nothing: a server may let anybody in.
    lab.discord.world.commandRoles.set('review', new Set([lab.discord.world.guild.id]));
    for (const name of subcommands) {
      const refused = await privateReply(review(lab, name, optionsOf(name), mia));
      expect(refused.content, name).toContain('That is for moderators');
      expect(refused.attachments).toEqual([]);
      for (const by of [vera, otto]) {
        const reply = await privateReply(review(lab, name, optionsOf(name), by));
        expect(reply.content, name).not.toContain('That is for moderators');
      }
    }
  });

  it('refuses buttons of a moderator who is none any more', async () => {
    const lab = await createLab();
    await write(lab, numbered(lab, 20));
    await timeOut(lab, 'mia', 1);
    const { roles } = lab.discord.world.user('vera');
    // Where she still sees the channel afterwards.
    const veraInGeneral = at(vera, 'general');
    const log = await privateReply(review(lab, 'log', {}, veraInGeneral));
    const member = await privateReply(review(lab, 'member', { member: { user: 'mia' } }, veraInGeneral));
    const taken = roles.splice(0);
    try {
      for (const [reply, button] of [
        [log, /^audit-page:before:/],
        [member, /^lift-time-out:/],
      ] as const) {
        const press = lab.discord.press(veraInGeneral, reply.id, button);
        await lab.until('the refusal', () => press.followups().length === 1);
        expect(press.followups()[0]).toMatchObject({ content: expect.stringContaining('That is for moderators') });
        expect(press.followups()[0]?.ephemeralFor).toBeDefined();
      }
    } finally {
      roles.push(...taken);
    }
    expect((await privateReply(lab.edit('sepia'))).content).toContain('paused');
  });

  it('admits the moderator role that the server chose, for as long as it is chosen', async () => {
    const lab = await createLab({ idle: true });
    const { world } = lab.discord;
    const helpers = { ...world.roles[0], id: '700000000000000009', name: 'Helpers', position: 1, permissions: 0n };
    world.roles.push(helpers);
    const { roles } = world.user('noah');
    roles.push(helpers.id);
    try {
      await lab.start();
      lab.discord.world.commandRoles.set('review', new Set([helpers.id]));
      const ask = async () => (await privateReply(review(lab, 'queue', {}, noah))).content;
      expect(await ask()).toContain('That is for moderators');
      const setRole = (role: string) =>
        privateReply(lab.discord.slash(otto, 'settings', { 'moderator-role': { role } }, 'moderation'));
      const where = `-# <@&${helpers.id}> may decide on cards, but Discord shows \`/review\` only to members with Manage`;
      expect((await setRole('Moderators')).content, 'they see it').not.toContain('Integrations');
      const { content } = await setRole('Helpers');
      expect(content).toContain(where);
      expect(content).toContain('Server Settings → Integrations → this bot → `/review` → Add Roles or Members');
      expect(await ask()).toContain('Nothing is waiting');
      await privateReply(lab.discord.slash(otto, 'settings', { clear: 'moderator-role' }, 'moderation'));
      expect(await ask()).toContain('That is for moderators');
    } finally {
      roles.pop();
    }
  });

  it('is not offered in direct messages', async () => {
    const lab = await createLab();
    expect(() => review(lab, 'log', {}, at(vera, 'dm'))).toThrow('not offered');
  });
});
