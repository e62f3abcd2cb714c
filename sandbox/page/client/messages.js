// The messages of the current channel, each redrawn when it changes.
import { components, embed } from './components.js';
import { button, clockTime, make, toast } from './element.js';
import { markdown } from './markdown.js';
import { openMenu } from './menu.js';
import { openModal } from './modal.js';
import { attachments } from './pictures.js';
import { act } from './server.js';
import { currentChannel, findUser, messagesIn, nameOf, world } from './world.js';

const list = document.querySelector('#messages');
const dismissed = new Set();
/** How long a message that was jumped to is marked. */
const foundMs = 2500;
/** Error texts shown below messages, by message id. */
const failures = new Map();

export function avatar(user) {
  const attributes = { class: 'avatar', 'data-user': user?.username ?? 'unknown', 'aria-hidden': true };
  return make('span', attributes, user?.bot ? '◐' : nameOf(user).slice(0, 1));
}

/** Acts as the current user; opens the modal if the bot responds with one. Resolves with the failure, if any. */
export async function perform(name, payload) {
  const { failed, modal } = await act(name, payload);
  if (modal) openModal(modal);
  return failed;
}

async function press(message, component, values, row) {
  const controls = row.querySelectorAll('.components button, .components select');
  for (const control of controls) control.disabled = true;
  let failure;
  try {
    failure = await perform('press', { message: message.id, customId: component.custom_id, values });
  } catch (error) {
    failure = error.message;
  }
  if (failure) failures.set(message.id, failure);
  else failures.delete(message.id);
  const focused = document.activeElement;
  const now = world.messages.get(message.id);
  if (now && row.isConnected) redraw(now, focused === document.body ? component.custom_id : undefined);
}

function openAppsMenu(message, opener, at) {
  const commands = (currentChannel()?.commands ?? []).filter(({ type }) => type === 3);
  const use = async (name) => {
    try {
      const failed = await perform('menu', { name, message: message.id });
      if (failed) showFailure(failed);
    } catch (error) {
      toast(error.message, true);
    }
  };
  const items = commands.map(({ name }) => ({ label: name, choose: () => use(name) }));
  openMenu(opener, at, items);
}

function origin(message) {
  if (message.action) return [make('b', {}, message.by ?? 'Somebody'), ` ${message.action}`];
  if (!message.message_reference) return undefined;
  const replied = world.messages.get(message.message_reference.message_id);
  return replied
    ? [make('b', {}, nameOf(findUser(replied.author.id))), ` ${replied.content.slice(0, 80)}`]
    : ['a reply'];
}

function createMessageRow(message) {
  const author = findUser(message.author.id);
  const from = origin(message);
  const failure = failures.get(message.id);
  const pinged = message.mentions.some(({ username }) => username === world.me);
  const more = button('⋯', (event) => openAppsMenu(message, event.currentTarget, below(event.currentTarget)), {
    class: 'icon more',
    'aria-label': `Apps for the message of ${nameOf(author)}`,
    'aria-haspopup': 'menu',
    'data-focus': 'more',
  });
  const row = make(
    'article',
    {
      class: `message${message.ephemeral ? ' ephemeral' : ''}${pinged ? ' pinged' : ''}`,
      'aria-label': `${nameOf(author)}, ${clockTime(message.timestamp)}`,
      'data-id': message.id,
      oncontextmenu(event) {
        if (event.target.closest('a, input, textarea, select')) return;
        event.preventDefault();
        openAppsMenu(message, more, { x: event.clientX, y: event.clientY });
      },
    },
    from && make('div', { class: 'origin' }, '↱ ', from),
    avatar(author),
    make(
      'div',
      { class: 'body' },
      make(
        'div',
        { class: 'head' },
        make('b', { class: 'name' }, nameOf(author)),
        author?.bot && make('span', { class: 'tag' }, 'APP'),
        make('time', { datetime: message.timestamp }, clockTime(message.timestamp)),
      ),
      message.loading
        ? make(
            'div',
            { class: 'thinking' },
            make('span', { class: 'dots', 'aria-hidden': true }, '●●●'),
            'darkroom is thinking…',
          )
        : make('div', { class: 'text' }, markdown(message.content)),
      message.edited && make('small', { class: 'edited' }, '(edited)'),
      attachments(attached(message)),
      message.embeds.map(embed),
      make(
        'div',
        { class: 'components' },
        components(message.components, (one, values) => press(message, one, values, row)),
      ),
      failure && make('div', { class: 'failure', role: 'alert' }, failure),
      message.ephemeral &&
        make(
          'div',
          { class: 'only-you' },
          'Only you can see this · ',
          button('Dismiss message', () => dismiss(message.id), { class: 'as-link' }),
        ),
    ),
    more,
  );
  return row;
}

/** Files to list below the message: none for components messages, whose layout shows them. */
function attached(message) {
  return (message.flags & 32_768) === 0 ? message.attachments : [];
}

function below(element) {
  const { right, bottom } = element.getBoundingClientRect();
  return { x: right - 180, y: bottom + 4 };
}

function dismiss(id) {
  dismissed.add(id);
  list.querySelector(`[data-id="${id}"]`)?.remove();
  document.querySelector('#composer textarea')?.focus();
}

const isAtEnd = () => list.scrollHeight - list.scrollTop - list.clientHeight < 80;
const scrollToEnd = () => {
  list.scrollTop = list.scrollHeight;
};

function redraw(message, focus) {
  const old = list.querySelector(`[data-id="${message.id}"]`);
  const focusKey = focus ?? (old?.contains(document.activeElement) ? document.activeElement.dataset.focus : undefined);
  const row = createMessageRow(message);
  if (old) old.replaceWith(row);
  else {
    const next = [...list.querySelectorAll('[data-id]')].find(({ dataset }) => BigInt(dataset.id) > BigInt(message.id));
    list.insertBefore(row, next ?? null);
  }
  if (focusKey) row.querySelector(`[data-focus="${CSS.escape(focusKey)}"]`)?.focus();
}

/** Draws a new or changed message. */
export function showMessage(message) {
  if (message.channel_id !== world.channelId || dismissed.has(message.id)) return;
  const follow = isAtEnd();
  list.querySelector('.empty')?.remove();
  redraw(message);
  if (follow) scrollToEnd();
}

export function removeMessage(id) {
  failures.delete(id);
  list.querySelector(`[data-id="${id}"]`)?.remove();
}

/** Shows a line only this user sees, such as "The application did not respond". */
export function showFailure(text) {
  const notice = make(
    'div',
    { class: 'notice', role: 'alert' },
    `⚠ ${text} `,
    make('small', {}, 'Only you can see this'),
    button('Dismiss', () => notice.remove(), { class: 'as-link' }),
  );
  list.append(notice);
  scrollToEnd();
}

/** Scrolls to a message of the current channel and marks it for a moment; false if it is not there. */
export function revealMessage(id) {
  const row = list.querySelector(`[data-id="${id}"]`);
  if (!row) return false;
  list.dataset.following = 'no';
  row.tabIndex = -1;
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: 'center' });
  row.classList.add('found');
  setTimeout(() => row.classList.remove('found'), foundMs);
  return true;
}

/** Draws the whole current channel. */
export function showMessages() {
  const messages = messagesIn(world.channelId).filter(({ id }) => !dismissed.has(id));
  const empty = make(
    'div',
    { class: 'empty' },
    'Nothing here yet. Type ',
    make('b', {}, '/'),
    ' to see what the bot can do, or ',
    button('Show me', () => document.dispatchEvent(new CustomEvent('show-me')), { class: 'press primary' }),
  );
  list.replaceChildren(...(messages.length > 0 ? messages.map(createMessageRow) : [empty]));
  scrollToEnd();
}

// Pictures change the height when they load.
list.addEventListener('load', () => list.dataset.following === 'yes' && scrollToEnd(), true);
list.addEventListener('scroll', () => {
  list.dataset.following = isAtEnd() ? 'yes' : 'no';
});
list.dataset.following = 'yes';
// The composer grows while a command is open.
new ResizeObserver(() => list.dataset.following === 'yes' && scrollToEnd()).observe(list);
