// Whom a text pings under `allowed_mentions`: everyone mentioned if it is absent, otherwise only whom it lists.
import type { AllowedMentions } from './bodies.ts';
import { type FormProblem, invalidForm } from './errors.ts';

export type Mentions = {
  users: string[];
  roles: string[];
  everyone: boolean;
  /** Pinged because of the text alone, without being listed explicitly. */
  unasked: string[];
};

/** Rejects contradictions, like Discord. */
export function checkAllowedMentions(allowed: AllowedMentions | null | undefined): void {
  const problems: FormProblem[] = [];
  for (const key of ['users', 'roles'] as const) {
    if (allowed?.parse?.includes(key) && allowed[key] && allowed[key].length > 0) {
      const message = `parse:["${key}"] and ${key}: [ids...] are mutually exclusive.`;
      problems.push({ path: ['allowed_mentions'], code: 'MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE', message });
    }
  }
  if (problems.length > 0) throw invalidForm(problems);
}

/** Finds the pings in a text. */
export function mentionsIn(
  text: string,
  allowed: AllowedMentions | null | undefined,
  options: { exists(id: string): boolean; mayPingEveryone: boolean; repliedTo?: string | undefined },
): Mentions {
  const named = (pattern: RegExp) => [...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? ''))];
  const parses = (what: string) => !allowed || (allowed.parse ?? []).includes(what);
  const users = named(/<@!?(\d{17,20})>/g).filter((id) => {
    return options.exists(id) && (parses('users') || allowed?.users?.includes(id));
  });
  if (options.repliedTo && (!allowed || allowed.replied_user) && !users.includes(options.repliedTo)) {
    users.push(options.repliedTo);
  }
  const roles = named(/<@&(\d{17,20})>/g).filter((id) => parses('roles') || allowed?.roles?.includes(id));
  const everyone = options.mayPingEveryone && parses('everyone') && /@(everyone|here)/.test(text);
  const unasked = [
    ...users.filter((id) => !allowed?.users?.includes(id) && id !== options.repliedTo),
    ...roles.filter((id) => !allowed?.roles?.includes(id)).map((id) => `@&${id}`),
    ...(everyone ? ['@everyone'] : []),
  ];
  return { users, roles, everyone, unasked };
}
