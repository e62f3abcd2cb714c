// Links to messages and channels of Discord, which lead to the same place on this page.

const address = /^https:\/\/(?:[a-z]+\.)?discord(?:app)?\.com\/channels\/(?:\d+|@me)\/(\d+)(?:\/(\d+))?\/?$/;

/** Where a link leads on this page: `{ channelId, messageId }`, or undefined for any other link. */
export function placeOf(href) {
  const [, channelId, messageId] = address.exec(href) ?? [];
  return channelId === undefined ? undefined : { channelId, messageId };
}

/** The attributes of a link: one into the world outside, or one that `jump` on the document hears. */
export function linkAttributes(href) {
  const place = placeOf(href);
  if (!place) return { href, target: '_blank', rel: 'noopener noreferrer' };
  const onclick = (event) => {
    event.preventDefault();
    document.dispatchEvent(new CustomEvent('jump', { detail: place }));
  };
  return { href, onclick };
}
