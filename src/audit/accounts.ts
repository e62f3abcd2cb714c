// Derives from a server's audit log what happened to each moderated edit. Pure; members' histories and the statistics
// count these accounts.
import type { AuditEntry } from './audit.ts';

export type EditAccount = {
  /** When it was first held or blocked; undefined if only reported after posting. */
  flaggedAt: number | undefined;
  held: boolean;
  state: 'waiting' | 'blocked' | 'approved' | 'rejected' | 'expired' | 'taken-down' | 'posted';
  /** When a card for a withheld picture opened, and when a moderator first decided. */
  openedAt: number | undefined;
  decidedAt: number | undefined;
  /** Whether the first decision showed the picture, and whether it was contested or undone. */
  firstShown: boolean | undefined;
  questioned: boolean;
  /** Questioned, and the current decision is the opposite. */
  overturned: boolean;
};

const untouched: EditAccount = {
  flaggedAt: undefined,
  held: false,
  state: 'posted',
  openedAt: undefined,
  decidedAt: undefined,
  firstShown: undefined,
  questioned: false,
  overturned: false,
};

/** The account after a decision, by a moderator or by the rules. */
function decided(account: EditAccount, state: EditAccount['state'], shown: boolean): EditAccount {
  const firstShown = account.firstShown ?? shown;
  return { ...account, state, firstShown, overturned: account.questioned && shown !== firstShown };
}

function byModerator(account: EditAccount, at: number): EditAccount {
  return account.openedAt === undefined ? account : { ...account, decidedAt: account.decidedAt ?? at };
}

function follow(account: EditAccount, { action, at }: AuditEntry): EditAccount {
  const flaggedAt = account.flaggedAt ?? at;
  const openedAt = account.openedAt ?? at;
  switch (action) {
    case 'held':
      return { ...account, flaggedAt, openedAt, held: true, state: 'waiting' };
    case 'blocked':
      return decided({ ...account, flaggedAt }, 'blocked', false);
    case 'contested':
      return { ...account, openedAt, questioned: true };
    case 'undone':
      return { ...account, state: 'waiting', questioned: true, overturned: false };
    case 'approved':
    case 'approved-spoiler':
      return decided(byModerator(account, at), 'approved', true);
    case 'rejected':
      return decided(byModerator(account, at), 'rejected', false);
    case 'expired':
      return decided(account, 'expired', false);
    case 'taken-down':
      return decided(account, 'taken-down', false);
    case 'kept':
      return decided(account, account.flaggedAt === undefined ? 'posted' : 'approved', true);
    // These do not change what happened to an edit.
    case 'reported':
    case 'deleted':
    case 'not-posted':
    case 'post-again':
    case 'timed-out':
    case 'time-out-lifted':
    case 'prompt-refused':
    case 'setting-changed':
      return account;
  }
}

/** @param entries oldest first */
export function followEdits(entries: Iterable<AuditEntry>): EditAccount[] {
  const accounts = new Map<string, EditAccount>();
  for (const entry of entries) {
    if (entry.editId === undefined) continue;
    accounts.set(entry.editId, follow(accounts.get(entry.editId) ?? untouched, entry));
  }
  return [...accounts.values()];
}
