// Assembles the page: the current user and channel, and updates from the server.
import { showComposer, showFirstEdit } from './composer.js';
import {
  clearRunsAndLog,
  showBalance,
  showBot,
  showControls,
  showLines,
  showRuns,
  showViolations,
} from './control-panel.js';
import { button, make, toast } from './element.js';
import { avatar, removeMessage, revealMessage, showMessage, showMessages } from './messages.js';
import { listen } from './server.js';
import { channelName, currentChannel, findChannel, messagesIn, world } from './world.js';
import { showSpans, showSwitches, showTime } from './world-panel.js';

const people = document.querySelector('#people');
const channels = document.querySelector('#channels');
/** The newest message this user has seen, by channel. */
const lastSeen = new Map();
let connected = true;

/** Reads `#mia/general`: two windows can be two users, and a reload keeps the channel. */
function readAddress() {
  const [me = '', channel = ''] = location.hash.slice(1).split('/').map(decodeURIComponent);
  return { me: me || 'mia', channel };
}

const keyOf = (channel) => (channel.type === 1 ? 'dm' : channel.name);

function writeAddress() {
  const channel = currentChannel();
  if (channel) history.replaceState(undefined, '', `#${world.me}/${keyOf(channel)}`);
}

function drawPeople() {
  const choices = world.users
    .filter(({ bot }) => !bot)
    .map((user) => {
      const id = `person-${user.username}`;
      const checked = user.username === world.me;
      const onchange = () => switchPerson(user.username);
      const title = user.role === 'member' ? user.name : `${user.name}, ${user.role}`;
      return [
        make('input', { type: 'radio', name: 'person', id, class: 'quiet', checked, onchange }),
        make(
          'label',
          { for: id, title },
          avatar(user),
          make('span', { class: 'person-name' }, user.name),
          user.role !== 'member' && make('small', {}, user.role),
        ),
      ];
    });
  const focused = document.activeElement?.name === 'person';
  people.replaceChildren(people.querySelector('legend'), ...choices.flat());
  if (focused) people.querySelector(':checked')?.focus();
}

const channelIcons = { 0: '#', 1: '@', 11: '⌙' };

function drawChannels() {
  const rows = (list) =>
    list.map((channel) => {
      const newest = messagesIn(channel.id).at(-1)?.id;
      const unread = channel.id !== world.channelId && newest !== undefined && newest !== lastSeen.get(channel.id);
      const current = channel.id === world.channelId;
      const badges = [
        channel.ageRestricted && make('small', {}, '18+'),
        channel.moderatorsOnly && make('small', { title: 'for moderators only' }, 'mods'),
      ];
      return button(
        [
          make('span', { class: 'sign', 'aria-hidden': true }, channelIcons[channel.type]),
          channel.name,
          badges,
          unread && make('span', { class: 'unread', 'aria-hidden': true }, '●'),
          unread && make('span', { class: 'quiet' }, ', new messages'),
        ],
        () => openChannel(channel.id),
        {
          class: `channel${channel.parent ? ' thread' : ''}${unread ? ' has-unread' : ''}`,
          'aria-current': current ? 'page' : undefined,
          'data-channel': keyOf(channel),
        },
      );
    });
  const focusedChannel = document.activeElement?.dataset?.channel;
  const ofServer = world.channels.filter(({ type }) => type !== 1);
  const sorted = ofServer
    .filter(({ parent }) => !parent)
    .flatMap((one) => [one, ...ofServer.filter(({ parent }) => parent === one.id)]);
  channels.replaceChildren(
    make('h2', {}, 'darkroom-lab'),
    ...rows(sorted),
    make('h2', {}, 'Direct messages'),
    ...rows(world.channels.filter(({ type }) => type === 1)),
  );
  if (focusedChannel) channels.querySelector(`[data-channel="${focusedChannel}"]`)?.focus();
}

function markSeen() {
  const newest = messagesIn(world.channelId).at(-1)?.id;
  if (newest) lastSeen.set(world.channelId, newest);
}

function openChannel(channelId) {
  world.channelId = channelId;
  const channel = currentChannel();
  document.querySelector('#place').textContent = channel.type === 1 ? channelName(channel) : `# ${channel.name}`;
  document.title = `${channelName(channel)} · darkroom sandbox`;
  markSeen();
  drawChannels();
  showMessages();
  showComposer();
  showSwitches();
  openDrawer('');
  writeAddress();
}

function switchPerson(username) {
  world.me = username;
  listen(username, { onState, onUpdate, onConnection });
}

function onState(state) {
  const { messages, runs, log, me: _, ...rest } = state;
  const first = world.channels.length === 0;
  const before = currentChannel();
  Object.assign(world, rest);
  world.messages = new Map(messages.map((message) => [message.id, message]));
  clearRunsAndLog();
  showRuns(runs);
  showControls();
  showSpans();
  showStatus(rest);
  showLines(log);
  drawPeople();
  const wanted = first ? readAddress().channel : before && keyOf(before);
  const channel = world.channels.find((one) => keyOf(one) === wanted) ?? world.channels[0];
  const same = before && before.id === channel.id;
  // Keep unsent text through a brief disconnect.
  if (same && !first && state.me === lastUserId) showMessages();
  else openChannel(channel.id);
  lastUserId = state.me;
}

let lastUserId = '';

function showStatus(status) {
  if (status.bot) showBot();
  if (status.balance !== undefined) showBalance();
  if (status.aheadMs !== undefined) showTime();
  if (status.violations) showViolations();
}

function onUpdate(update) {
  const { messages, gone, runs, log, channels: fresh, ...rest } = update;
  Object.assign(world, rest);
  showStatus(rest);
  showRuns(runs ?? []);
  showLines(log);
  if (fresh) {
    world.channels = fresh;
    if (!currentChannel()) openChannel(fresh[0].id);
    else showSwitches();
  }
  for (const id of gone) {
    world.messages.delete(id);
    removeMessage(id);
  }
  for (const message of messages) {
    world.messages.set(message.id, message);
    showMessage(message);
  }
  if (fresh || messages.length > 0 || gone.length > 0) {
    markSeen();
    drawChannels();
  }
}

function onConnection(now) {
  if (!now && connected) toast('The sandbox does not answer. Is it still running?', true);
  connected = now;
}

/** Narrow windows show the channels and the control panel as drawers, one at a time. */
function openDrawer(name) {
  document.body.dataset.drawer = name;
  for (const drawer of ['channels', 'control-panel']) {
    document.querySelector(`#open-${drawer}`).setAttribute('aria-expanded', String(drawer === name));
  }
}

for (const name of ['channels', 'control-panel']) {
  const toggle = () => openDrawer(document.body.dataset.drawer === name ? '' : name);
  document.querySelector(`#open-${name}`).addEventListener('click', toggle);
}
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') openDrawer('');
});
for (const event of ['pointerdown', 'focusin'])
  document.querySelector('.chat').addEventListener(event, () => openDrawer(''));
document.addEventListener('jump', ({ detail: { channelId, messageId } }) => {
  if (!findChannel(channelId)) return toast('You cannot see the channel that this leads to', true);
  if (channelId !== world.channelId) openChannel(channelId);
  if (messageId && !revealMessage(messageId)) toast('That message is gone, or not for you to see', true);
  return undefined;
});
document.addEventListener('show-me', showFirstEdit);
addEventListener('hashchange', () => {
  const { me, channel } = readAddress();
  if (me !== world.me) switchPerson(me);
  const wanted = world.channels.find((one) => keyOf(one) === channel);
  if (wanted && wanted.id !== world.channelId) openChannel(wanted.id);
});

switchPerson(readAddress().me);
