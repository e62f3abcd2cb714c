// The composer: plain messages with pictures, and slash commands if the text starts with a slash.
import { createCommandForm, typableCommands } from './command.js';
import { button, make, toast } from './element.js';
import { createFilePicker } from './fields.js';
import { perform } from './messages.js';
import { channelName, currentChannel, world } from './world.js';

const place = document.querySelector('#composer');
let form;

// Discord's limit of files per message.
const maxFiles = 10;

const picker = createFilePicker({ name: 'Picture', max: maxFiles, details: true });
const text = make('textarea', {
  rows: 1,
  role: 'combobox',
  'aria-expanded': 'false',
  'aria-controls': 'suggestions',
  'aria-autocomplete': 'list',
  'data-words': true,
  oninput: suggest,
  onkeydown: handleKey,
  onpaste(event) {
    const files = [...event.clipboardData.files];
    if (files.length > 0) attach(files);
  },
});
const suggestions = make('ul', { id: 'suggestions', role: 'listbox', 'aria-label': 'Commands', hidden: true });
const attachButton = button('+', toggleFiles, {
  class: 'icon',
  'aria-label': 'Attach a picture',
  'aria-expanded': 'false',
});
const commandButton = button('/', openList, { class: 'icon', 'aria-label': 'Slash commands' });
const bar = make(
  'form',
  { class: 'bar', onsubmit: post },
  attachButton,
  commandButton,
  text,
  make('button', { type: 'submit', class: 'icon send', 'aria-label': 'Send the message' }, '➤'),
);
picker.element.hidden = true;
place.append(suggestions, picker.element, bar);

function toggleFiles(_event, show = picker.element.hidden) {
  picker.element.hidden = !show;
  attachButton.setAttribute('aria-expanded', String(show));
  if (!show) picker.clear();
}

function attach(files) {
  toggleFiles(undefined, true);
  picker.add(files);
}

function matchingCommands() {
  if (!text.value.startsWith('/')) return [];
  const wanted = text.value.slice(1).trimStart().toLowerCase();
  return typableCommands(currentChannel()?.commands ?? []).filter(
    ({ words }) => words.startsWith(wanted) || wanted.startsWith(`${words} `),
  );
}

function suggest() {
  text.style.height = 'auto';
  text.style.height = `${Math.min(text.scrollHeight, 160)}px`;
  const commands = matchingCommands();
  // Open a fully typed command as soon as a space follows.
  const typed = commands.find(({ words }) => text.value === `/${words} `);
  if (typed) return open(typed);
  const slash = text.value.startsWith('/');
  suggestions.hidden = !slash;
  text.setAttribute('aria-expanded', String(slash));
  const rows = commands.map((command, index) => {
    const attributes = { role: 'option', id: `suggestion-${index}`, 'aria-selected': String(index === 0) };
    const take = (event) => {
      event.preventDefault();
      open(command);
    };
    return make(
      'li',
      { ...attributes, onpointerdown: take },
      make('b', {}, `/${command.words}`),
      ' ',
      command.description,
    );
  });
  suggestions.replaceChildren(...(rows.length > 0 ? rows : [make('li', { class: 'quiet-row' }, noMatchText())]));
  highlight(0);
  return undefined;
}

function noMatchText() {
  if (world.bot.state !== 'ready') return 'The bot is not running, and has not told its commands';
  return 'No such command is offered to you here';
}

function highlight(index) {
  const rows = [...suggestions.querySelectorAll('[role=option]')];
  for (const [at, row] of rows.entries()) row.setAttribute('aria-selected', String(at === index));
  if (rows[index] && !suggestions.hidden) {
    text.setAttribute('aria-activedescendant', rows[index].id);
    rows[index].scrollIntoView({ block: 'nearest' });
  } else text.removeAttribute('aria-activedescendant');
}

function handleKey(event) {
  if (event.isComposing) return;
  const commands = suggestions.hidden ? [] : matchingCommands();
  const index = [...suggestions.children].findIndex((row) => row.getAttribute('aria-selected') === 'true');
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (commands.length > 0 && step) {
    event.preventDefault();
    highlight((index + step + commands.length) % commands.length);
  } else if (commands.length > 0 && (event.key === 'Enter' || event.key === 'Tab')) {
    event.preventDefault();
    open(commands[index]);
  } else if (event.key === 'Escape' && !suggestions.hidden) {
    text.value = '';
    suggest();
  } else if (event.key === 'Enter' && !event.shiftKey) {
    event.preventDefault();
    bar.requestSubmit();
  }
}

function openList() {
  text.value = '/';
  text.focus();
  suggest();
}

function open(command) {
  close();
  text.value = '';
  suggestions.hidden = true;
  form = createCommandForm(command, () => {
    close();
    text.focus();
  });
  bar.hidden = true;
  toggleFiles(undefined, false);
  place.append(form.element);
  form.focus();
}

function close() {
  form?.element.remove();
  form = undefined;
  bar.hidden = false;
}

async function post(event) {
  event.preventDefault();
  if (text.value.startsWith('/')) return toast('That is no command here', true);
  try {
    await picker.ready();
    await perform('post', { content: text.value, files: picker.read() ?? [] });
    text.value = '';
    toggleFiles(undefined, false);
    suggest();
  } catch (error) {
    toast(error.message, true);
  }
  return undefined;
}

/** Resets the composer for the current channel; cancels a command started in another. */
export function showComposer() {
  close();
  const label = `Message ${channelName(currentChannel()) === currentChannel().name ? '#' : ''}${channelName(currentChannel())}`;
  text.placeholder = `${label}, or / for commands`;
  text.setAttribute('aria-label', label);
  suggest();
}

/** Inserts a word into the current text, or into the prompt of the first command that has one. */
export function insertWord(word) {
  const hasPrompt = ({ options }) => options.some(({ name, type }) => type === 3 && name === 'prompt');
  if (!form && text.value === '') {
    const command = typableCommands(currentChannel()?.commands ?? []).find(hasPrompt);
    if (command) open(command);
  }
  const field = form?.element.querySelector('[data-words]') ?? text;
  const space = field.value === '' || field.value.endsWith(' ') ? '' : ' ';
  field.value += `${space}${word} `;
  field.focus();
}

/** How quickly the first edit is typed. */
const keyMs = 45;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Plays an edit as a person would make it: the command, a photograph, a sentence, Enter. */
export async function showFirstEdit() {
  const command = typableCommands(currentChannel()?.commands ?? []).find(({ words }) => words === 'edit');
  if (!command) return toast('The bot offers no /edit here yet. Wait until it runs', true);
  const quick = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const type = async (field, words) => {
    for (const letter of quick ? [words] : words) {
      field.value += letter;
      if (!quick) await pause(keyMs);
    }
  };
  text.focus();
  await type(text, '/edit');
  open(command);
  const { element } = form;
  element.querySelector('.sample').click();
  await pause(quick ? 0 : 10 * keyMs);
  await type(element.querySelector('[data-words]'), 'make it black and white');
  await pause(quick ? 0 : 10 * keyMs);
  // Somebody may have given it up meanwhile.
  if (element.isConnected) element.requestSubmit();
  return undefined;
}

// Pictures can be dropped anywhere on the chat.
const chat = document.querySelector('.chat');
chat.addEventListener('dragover', (event) => event.preventDefault());
chat.addEventListener('drop', (event) => {
  event.preventDefault();
  if (!form) attach([...event.dataTransfer.files]);
});
