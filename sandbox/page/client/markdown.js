// Renders the Discord markdown that bots use as DOM nodes. Nothing is parsed as HTML.
import { make } from './element.js';
import { linkAttributes, placeOf } from './jump.js';
import { findChannel, findUser, nameOf, world } from './world.js';

// Text between two marks; a backslash escapes the next character.
const inner = '((?:\\\\[\\s\\S]|[^\\\\])+?)';
const between = (mark, more = '') => new RegExp(`^${mark}${inner}${mark}${more}`);

const link = (address, text) => make('a', linkAttributes(address), text);

/** A bare address; one of a message is shown as Discord shows it. */
function bareLink(address) {
  const place = placeOf(address);
  if (!place) return link(address, address);
  const name = findChannel(place.channelId)?.name ?? 'unknown';
  return link(address, place.messageId ? `#${name} › 💬` : `#${name}`);
}

const mention = (text) => make('span', { class: 'mention' }, text);

const rules = [
  [/^\\([^\p{L}\p{N}\s])/u, ([, character]) => character],
  [/^(`+)(?!`)([\s\S]*?[^`])\1(?!`)/, ([, , text]) => make('code', {}, text)],
  [/^<@!?(\d{17,20})>/, ([, id]) => mention(`@${nameOf(findUser(id))}`)],
  [/^<@&(\d{17,20})>/, ([, id]) => mention(`@${world.roles.find((role) => role.id === id)?.name ?? 'role'}`)],
  [/^<#(\d{17,20})>/, ([, id]) => mention(`#${findChannel(id)?.name ?? 'channel'}`)],
  [/^@(everyone|here)\b/, ([text]) => mention(text)],
  [/^<t:(-?\d{1,13})(?::([tTdDfFR]))?>/, ([, seconds, style]) => moment(Number(seconds) * 1000, style)],
  [/^<(https?:\/\/[^\s<>]+)>/, ([, address]) => bareLink(address)],
  [/^\[((?:\\.|[^\]\\])+)\]\(<?(https?:\/\/[^\s)>]+)>?\)/, ([, text, address]) => link(address, inline(text))],
  [/^https?:\/\/[^\s<]*[^\s<.,:;"')\]]/, ([address]) => bareLink(address)],
  [between('\\|\\|'), ([, text]) => hiddenText(text)],
  [between('\\*\\*', '(?!\\*)'), ([, text]) => make('strong', {}, inline(text))],
  [between('__', '(?!_)'), ([, text]) => make('u', {}, inline(text))],
  [between('~~'), ([, text]) => make('s', {}, inline(text))],
  [/^\*(?!\s)((?:\\[\s\S]|[^\\*]|\*\*)+?)\*(?!\*)/, ([, text]) => make('em', {}, inline(text))],
  [/^_((?:\\[\s\S]|[^\\_]|__)+?)_(?!\w)/, ([, text]) => make('em', {}, inline(text))],
];

const plain = /^[\s\S][^\\`<@[|*_~h]*/;

function moment(at, style) {
  const date = new Date(at);
  const minutes = Math.round((at - Date.now() - world.aheadMs) / 60_000);
  const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
  const text =
    style === 'R'
      ? Math.abs(minutes) < 60
        ? relative.format(minutes, 'minute')
        : Math.abs(minutes) < 48 * 60
          ? relative.format(Math.round(minutes / 60), 'hour')
          : relative.format(Math.round(minutes / 1440), 'day')
      : date.toLocaleString();
  return make('time', { datetime: date.toISOString(), title: date.toLocaleString() }, text);
}

function hiddenText(text) {
  const show = () => {
    element.classList.add('shown');
    element.removeAttribute('role');
    element.removeAttribute('tabindex');
    element.removeAttribute('aria-label');
  };
  const onkeydown = (event) => {
    if (event.key === 'Enter' || event.key === ' ') show();
  };
  const attributes = { class: 'spoiler-text', role: 'button', tabindex: 0, 'aria-label': 'Show the spoiler' };
  const element = make('span', { ...attributes, onclick: show, onkeydown }, inline(text));
  return element;
}

/** The nodes of inline text, without blocks. */
export function inline(text) {
  const nodes = [];
  let rest = text;
  let before = '';
  while (rest !== '') {
    let taken;
    for (const [pattern, build] of rules) {
      // An underscore inside a word is literal.
      if (rest[0] === '_' && /\w/.test(before) && !rest.startsWith('__')) break;
      const match = pattern.exec(rest);
      if (!match) continue;
      nodes.push(build(match));
      taken = match[0];
      break;
    }
    if (taken === undefined) {
      taken = plain.exec(rest)[0];
      nodes.push(taken);
    }
    before = taken.at(-1);
    rest = rest.slice(taken.length);
  }
  return nodes;
}

const blocks = [
  [/^(#{1,3}) +(.+)/, ([, marks, text]) => make('div', { class: `heading heading-${marks.length}` }, inline(text))],
  [/^-# +(.+)/, ([, text]) => make('small', { class: 'subtext' }, inline(text))],
  [/^ *[-*] +(.+)/, ([, text]) => make('div', { class: 'item' }, inline(text))],
];

function lines(text) {
  const nodes = [];
  let quote = [];
  let paragraph = [];
  const flush = () => {
    if (quote.length > 0) nodes.push(make('blockquote', {}, lines(quote.join('\n'))));
    if (paragraph.length > 0) nodes.push(make('div', { class: 'line' }, inline(paragraph.join('\n'))));
    quote = [];
    paragraph = [];
  };
  for (const line of text.split('\n')) {
    const quoted = /^> ?(.*)/.exec(line);
    if (quoted && line.startsWith('> ')) {
      if (paragraph.length > 0) flush();
      quote.push(quoted[1]);
      continue;
    }
    if (quote.length > 0) flush();
    const block = blocks.find(([pattern]) => pattern.test(line));
    if (!block) {
      paragraph.push(line);
      continue;
    }
    flush();
    nodes.push(block[1](block[0].exec(line)));
  }
  flush();
  return nodes;
}

/** A message's text. */
export function markdown(text) {
  const nodes = [];
  const fence = /```(?:([\w+-]+)\n)?\n?([\s\S]*?)\n?```/g;
  let end = 0;
  for (const match of text.matchAll(fence)) {
    const before = text.slice(end, match.index).replace(/\n$/, '');
    if (before !== '') nodes.push(...lines(before));
    nodes.push(make('pre', { tabindex: 0 }, make('code', {}, match[2])));
    end = match.index + match[0].length;
  }
  const rest = text.slice(end).replace(/^\n/, end > 0 ? '' : '\n');
  if (rest !== '') nodes.push(...lines(rest));
  return nodes;
}
