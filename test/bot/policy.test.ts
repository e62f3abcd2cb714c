// Every policy, flag and place: what the channel, the requester, a bystander and the moderators see of a result.
import { describe, expect, it, vi } from 'vitest';
import type { Interaction } from '../../sandbox/discord/discord.ts';
import { type Policy, policies } from '../../src/settings/table.ts';
import { en } from '../../src/texts/en/en.ts';
import { createLab, type Lab } from '../lab.ts';
import { at, mia } from '../support.ts';
import { cardsOf, controls, createModeratedLab, readActions, said } from './review-cards.ts';

const flags = ['flagged', 'unchecked', 'clean'] as const;
const places = ['general', 'general-thread', 'lounge', 'lounge-thread', 'dm'] as const;

type Flag = (typeof flags)[number];
type Place = (typeof places)[number];
type End = 'posted' | 'spoilered' | 'held' | 'blocked';

const asSaid: Record<Policy, End> = { hold: 'held', spoiler: 'spoilered', post: 'posted', block: 'blocked' };

/** What must come of it, written down apart from the code. */
function expected(policy: Policy, flag: Flag, place: Place): End {
  if (flag === 'clean') return 'posted';
  // No server, no moderators: what is flagged is not shown, what was not checked is.
  if (place === 'dm') return flag === 'flagged' ? 'blocked' : 'posted';
  if (flag === 'unchecked' || place.startsWith('lounge')) return asSaid[policy];
  return policy === 'block' ? 'blocked' : 'held';
}

/** What people see of an edit now, in words. */
function seen(lab: Lab, { id, original }: Interaction, place: Place): Record<string, unknown> {
  const reply = original();
  const channel = lab.discord.world.channel(place, lab.discord.world.user('mia').id).id;
  const note = (user: string) =>
    lab.discord
      .visible(channel, user)
      .filter((message) => message.ephemeralFor !== undefined && message.interactionId === id)
      .map((message) => [said(message), ...controls(message)]);
  const [card] = cardsOf(lab, id);
  return {
    text: reply?.content.includes('-# ') ? 'its caption' : reply?.content,
    pictures: reply?.attachments.map(({ spoiler }) => (spoiler ? 'spoiler' : 'plain')),
    requester: note('mia'),
    bystander: note('noah'),
    card: card && { pictures: card.attachments.map(({ spoiler }) => spoiler), buttons: controls(card) },
    bystanderSeesReview: lab.discord.visible('review', 'noah').length,
  };
}

const patience = { timeout: 10_000, interval: 10 };

function wanted(end: End, flag: Flag, place: Place): Record<string, unknown> {
  const nothing = { pictures: [], requester: [], bystander: [], card: undefined, bystanderSeesReview: 0 };
  switch (end) {
    case 'posted':
      return { ...nothing, text: 'its caption', pictures: ['plain'] };
    case 'spoilered':
      return { ...nothing, text: 'its caption', pictures: ['spoiler'] };
    case 'blocked': {
      const why =
        flag === 'flagged'
          ? 'The model flagged your result as not safe for everyone, so I did not post it.'
          : 'Your result was not checked for safety, and only checked ones are shown here.';
      return {
        ...nothing,
        // In a direct message nobody else reads the reply; elsewhere nothing of it stands there.
        ...(place === 'dm'
          ? { text: `> blur \\[${flag}\\]\n${why}` }
          : { text: undefined, pictures: undefined, requester: [[why, 'Ask for another look']] }),
      };
    }
    case 'held': {
      const why = flag === 'flagged' ? en.moderation.held.flagged : en.moderation.held.unchecked;
      return {
        ...nothing,
        text: 'This result is waiting for a moderator.',
        requester: [[why, 'Withdraw it']],
        // The result and the picture that was edited, both blurred.
        card: {
          pictures: [true, true],
          buttons: [
            en.moderation.card.approve,
            en.moderation.card.approveSpoiler,
            en.moderation.card.reject,
            en.moderation.card.timeOut,
          ],
        },
      };
    }
  }
}

/** Runflow's stand-in reads the words in brackets; `clean` is none of them. */
const cells = places.flatMap((place) => flags.map((flag) => ({ place, flag, prompt: `blur [${flag}]` })));

describe('what becomes of a result', () => {
  it.each(policies)('where the policy is %s, in every kind of place', async (policy) => {
    const everywhere = { flagged: policy, unchecked: policy, flaggedRestricted: policy, uncheckedRestricted: policy };
    const lab = await createModeratedLab(everywhere);
    const edits = cells.map((cell) => ({
      ...cell,
      end: expected(policy, cell.flag, cell.place),
      edit: lab.edit(cell.prompt, {}, at(mia, cell.place)),
    }));
    for (const { edit, end, flag, place } of edits) {
      const goal = wanted(end, flag, place);
      await vi.waitFor(() => expect(seen(lab, edit, place), `${flag} in ${place}`).toEqual(goal), patience);
    }
    const logged = edits.filter(({ end, place }) => place !== 'dm' && (end === 'held' || end === 'blocked'));
    const actions = logged.map(({ end }) => `bot ${end}`);
    expect((await readActions(lab)).sort()).toEqual(actions.sort());
    expect(lab.discord.messages('review')).toHaveLength(edits.filter(({ end }) => end === 'held').length);
  });

  it('where there is no review channel: flagged is blocked, the member is told, nobody can be asked', async () => {
    const lab = await createLab();
    const interaction = lab.edit('blur [flagged]');
    await lab.until('the note', () => interaction.followups().length === 1);
    expect(interaction.original()).toBeUndefined();
    const [note] = interaction.followups();
    expect(said(note)).toBe('The model flagged your result as not safe for everyone, so I did not post it.');
    expect(note?.components).toEqual([]);
    expect(note?.ephemeralFor).toBe(lab.discord.world.user('mia').id);
  });
});
