// What an edit's record keeps of messages in Discord.

/** Lets the bot edit the interaction's reply; Discord honours the token for 15 minutes. */
export type Reply = { applicationId: string; token: string; expiresAt: number };

/** What somebody did to one of the posted pictures, by its position from 0. */
export type Cover = { picture: number; spoiler: boolean; by: string };

/** Somebody who was answered that something is not done yet, and their language as Discord's locale. */
export type Asked = { reply: Reply; locale: string };

export type Message = { channelId: string; messageId: string };

/** `fresh`: the message says what the record says. */
export type Notice = Message & { fresh: boolean };
