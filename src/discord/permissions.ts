// What the bot needs in a server, in one list: the checks before an edit, those of a review channel, and the link that
// invites the bot all read it.

/** Discord's bits of the permissions that the bot needs. */
export const permissionBits = {
  view: 1n << 10n,
  send: 1n << 11n,
  attach: 1n << 15n,
  history: 1n << 16n,
  sendInThreads: 1n << 38n,
} as const;
export type Permission = keyof typeof permissionBits;

const administrator = 1n << 3n;

/** Which of them are among these bits. */
export function readPermissions(bits: bigint): Record<Permission, boolean> {
  const has = (name: Permission) => (bits & (permissionBits[name] | administrator)) !== 0n;
  return {
    view: has('view'),
    send: has('send'),
    attach: has('attach'),
    history: has('history'),
    sendInThreads: has('sendInThreads'),
  };
}

/** What somebody needs where cards are posted and read again. */
export const cardPermissions = ['view', 'send', 'attach', 'history'] as const satisfies readonly Permission[];
export type CardPermission = (typeof cardPermissions)[number];

/** The address at which somebody who runs a server adds the bot to it, with all that it needs. */
export function inviteLink(applicationId: string): string {
  const permissions = Object.values(permissionBits).reduce((all, bit) => all | bit, 0n);
  const query = new URLSearchParams({
    client_id: applicationId,
    scope: 'bot applications.commands',
    permissions: String(permissions),
  });
  return `https://discord.com/oauth2/authorize?${query}`;
}
