// Tokens, keys and passwords of an environment, in every spelling in which a library may show them: no log and no message
// about a mistake may contain one.

/** A text as written, decoded, and encoded as libraries do. */
function spellings(text: string): string[] {
  const decoded = [text];
  try {
    decoded.push(decodeURIComponent(text));
  } catch {
    // Not encoded.
  }
  const encoded = decoded.flatMap((one) => [encodeURIComponent(one), encodeURI(one)]);
  const lower = encoded.map((one) => one.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()));
  return [...decoded, ...encoded, ...lower];
}

/**
 * What may be secret in a URL, in every spelling: its password, a user without one (some services take the key there),
 * and the values of its query.
 */
function secretsIn(url: string): string[] {
  // From the first colon to the last @, because a password may contain both unencoded.
  const [, credentials = ''] = /^[^:/]+:\/\/(.*)@/.exec(url) ?? [];
  const colon = credentials.indexOf(':');
  // The path of a file may contain an @, too.
  const isUser = colon < 0 && !credentials.includes('/');
  const secrets = colon < 0 ? [isUser ? credentials : ''] : [credentials.slice(colon + 1)];
  // With the signs around them, too: what is too short to be cut from a line by itself is known by its place.
  if (colon >= 0 || (isUser && credentials !== '')) secrets.push(`//${credentials}@`);
  if (URL.canParse(url)) {
    const { username, password, search, searchParams } = new URL(url);
    const asWritten = search.split(/[?&]/).map((pair) => pair.slice(pair.indexOf('=') + 1));
    secrets.push(password, ...asWritten, ...searchParams.values());
    if (password !== '') secrets.push(`//${username}:${password}@`);
  }
  return secrets.filter((secret) => secret !== '').flatMap(spellings);
}

/** Reads the secrets of any environment, even an invalid one: messages about its mistakes must not show them. */
export function readSecrets(env: Record<string, string | undefined>): string[] {
  const {
    DISCORD_TOKEN = '',
    RUNFLOW_API_KEY = '',
    RUNFLOW_CALLBACK_SECRETS = '',
    STORE_URL = '',
    ALERT_WEBHOOK_URL = '',
  } = env;
  const listed = RUNFLOW_CALLBACK_SECRETS.split(',').map((secret) => secret.trim());
  // Whoever knows the path of a webhook may write there.
  const hook = ALERT_WEBHOOK_URL.trim();
  const hooks = URL.canParse(hook) ? [hook, new URL(hook).pathname].filter((one) => one !== '/') : [];
  const all = [DISCORD_TOKEN.trim(), RUNFLOW_API_KEY.trim(), ...listed, ...secretsIn(STORE_URL.trim()), ...hooks];
  return [...new Set(all)].filter((secret) => secret !== '');
}
