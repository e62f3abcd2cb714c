// The signed addresses of Discord's attachments end after about a day; until when one works stands in it.

/** When a signed Discord URL expires, from its `ex` parameter (hexadecimal seconds); undefined without one. */
export function urlExpiry(url: string): number | undefined {
  const ex = URL.canParse(url) ? new URL(url).searchParams.get('ex') : null;
  const seconds = ex && /^[0-9a-f]{1,12}$/i.test(ex) ? Number.parseInt(ex, 16) : Number.NaN;
  return Number.isNaN(seconds) ? undefined : seconds * 1000;
}

/** Whether a source is known to be gone. */
export function hasExpired(urls: readonly string[], now: number): boolean {
  return urls.some((url) => (urlExpiry(url) ?? Number.POSITIVE_INFINITY) <= now);
}
