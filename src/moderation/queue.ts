// What is waiting for a moderator, as `/review queue` shows it.

export type OpenCard = {
  editId: string;
  /** Whose edit it is. */
  memberId: string;
  openedAt: number;
  /** To the card in the review channel. */
  link: string;
  kind: 'held' | 'report';
};

export type ReviewQueue = {
  /** The open cards of a server, the oldest first. */
  queue(guildId: string): Promise<readonly OpenCard[]>;
};
