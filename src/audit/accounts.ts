// Derives from a server's audit log what happened to each moderated edit, and what a member's history counts of it. Pure;
// kept up to date by each entry (audit.ts), so that nobody has to read the log for it.
import type { AuditEntry } from './entry.ts';

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

export const untouched: EditAccount = {
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

/** The account after an entry. */
export function follow(account: EditAccount, { action, at }: AuditEntry): EditAccount {
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
    case 'covered':
    case 'shown':
    case 'not-posted':
    case 'post-again':
    case 'timed-out':
    case 'time-out-lifted':
    case 'prompt-refused':
    case 'setting-changed':
      return account;
  }
}

/** A member's edits, counted by how they ended, and what else is on record. */
export type History = {
  /** Held for a moderator, or blocked at once. */
  flagged: number;
  approved: number;
  rejected: number;
  /** Nobody decided in time. */
  expired: number;
  /** Posted, reported and taken down. */
  takenDown: number;
  refusedPrompts: number;
  timeOuts: number;
};

export const noHistory: History = {
  flagged: 0,
  approved: 0,
  rejected: 0,
  expired: 0,
  takenDown: 0,
  refusedPrompts: 0,
  timeOuts: 0,
};

function countAccount({ flaggedAt, state }: EditAccount): History {
  return {
    ...noHistory,
    flagged: flaggedAt === undefined ? 0 : 1,
    approved: state === 'approved' ? 1 : 0,
    rejected: state === 'rejected' ? 1 : 0,
    expired: state === 'expired' ? 1 : 0,
    takenDown: state === 'taken-down' ? 1 : 0,
  };
}

/** A history without one of its edits. */
export function leaveOut(history: History, account: EditAccount): History {
  const one = countAccount(account);
  return {
    ...history,
    flagged: history.flagged - one.flagged,
    approved: history.approved - one.approved,
    rejected: history.rejected - one.rejected,
    expired: history.expired - one.expired,
    takenDown: history.takenDown - one.takenDown,
  };
}

/** A history after an entry, which changed the account of its edit from `before` to `after`. */
export function count(history: History, entry: AuditEntry, before: EditAccount, after: EditAccount): History {
  const [was, is] = [countAccount(before), countAccount(after)];
  return {
    flagged: history.flagged + is.flagged - was.flagged,
    approved: history.approved + is.approved - was.approved,
    rejected: history.rejected + is.rejected - was.rejected,
    expired: history.expired + is.expired - was.expired,
    takenDown: history.takenDown + is.takenDown - was.takenDown,
    refusedPrompts: history.refusedPrompts + (entry.action === 'prompt-refused' ? 1 : 0),
    timeOuts: history.timeOuts + (entry.action === 'timed-out' ? 1 : 0),
  };
}

type Sum<Value> = { guildId: string; id: string; value: Value };

/** All accounts and histories that a log makes. @param entries oldest first */
export function sumUp(entries: Iterable<{ guildId: string; entry: AuditEntry }>): {
  accounts: Sum<EditAccount>[];
  histories: Sum<History>[];
} {
  const accounts = new Map<string, Sum<EditAccount>>();
  const histories = new Map<string, Sum<History>>();
  for (const { guildId, entry } of entries) {
    const { editId, memberId } = entry;
    const before = accounts.get(`${guildId}:${editId}`)?.value ?? untouched;
    const after = editId === undefined ? before : follow(before, entry);
    if (editId !== undefined) accounts.set(`${guildId}:${editId}`, { guildId, id: editId, value: after });
    if (memberId === undefined) continue;
    const history = histories.get(`${guildId}:${memberId}`)?.value ?? noHistory;
    const value = count(history, entry, before, after);
    histories.set(`${guildId}:${memberId}`, { guildId, id: memberId, value });
  }
  return { accounts: [...accounts.values()], histories: [...histories.values()] };
}
