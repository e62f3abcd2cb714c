// Behind the scenes: the bot's process, what can be done to it and to the services, Runflow's runs, the bot's log.
import { insertWord } from './composer.js';
import { button, clockTime, freshId, make, toast } from './element.js';
import { trick } from './server.js';
import { world } from './world.js';

const place = document.querySelector('#scenes');
const shownLines = 300;

const botState = make('span', { class: 'state' });
const botTricks = make('div', { class: 'row' });
const discordTricks = make('div', { class: 'tricks' });
const runflowTricks = make('div', { class: 'tricks' });
const balance = make('b', {});
const emptyButton = button('Set to $0', () => play('balance', { amount: 0 }), { class: 'small' });
const fullButton = button('Back to $100', () => play('balance', { amount: 100 }), { class: 'small' });
const words = make('div', { class: 'row words' });
const meaning = make('p', { class: 'hint', 'aria-hidden': true }, '\u00a0');
const runs = make('ol', { class: 'runs' });
const violations = make('ul', { class: 'violations' });
const violationSection = section('What Discord minds', true, violations);
const log = make('ol', { class: 'log', 'aria-label': 'Log of the bot' });

function section(title, open, ...content) {
  return make('details', { open }, make('summary', {}, make('h2', {}, title)), ...content);
}

place.append(
  section('The bot', true, make('p', {}, botState), botTricks, log),
  section(
    'Runflow',
    true,
    make('p', { class: 'row' }, 'Balance: ', balance, emptyButton, fullButton),
    runs,
    runflowTricks,
  ),
  section(
    'Words for the prompt',
    true,
    make('p', { class: 'hint' }, 'A click puts one into the prompt. They choose how the run goes.'),
    words,
    meaning,
  ),
  section('Discord', true, discordTricks),
  violationSection,
);

async function play(name, asked = {}, control) {
  // Not disabled: that would take the keyboard's focus away.
  if (control?.dataset.busy) return;
  if (control) control.dataset.busy = 'yes';
  try {
    toast((await trick(name, asked)).said);
  } catch (error) {
    toast(error.message, true);
  }
  if (control) delete control.dataset.busy;
}

function trickRow({ name, label, hint, amount }) {
  if (!amount) {
    return button(label, (event) => play(name, {}, event.currentTarget), { class: 'small', title: hint });
  }
  const attributes = { min: amount.min, max: amount.max, value: amount.value };
  const input = make('input', { type: 'number', 'aria-label': `${label}: ${amount.label}`, ...attributes });
  const go = (event) => play(name, { amount: input.value }, event.currentTarget);
  return make('span', { class: 'with-amount' }, button(label, go, { class: 'small', title: hint }), input);
}

function drawWord({ word: name, what }) {
  const explain = () => {
    meaning.textContent = `[${name}]: ${what}`;
  };
  const attributes = { class: 'chip', title: what, onmouseenter: explain, onfocus: explain };
  return button(`[${name}]`, () => insertWord(`[${name}]`), attributes);
}

/** Draws what only the whole state brings. */
export function showTools() {
  const rows = (group) => world.tricks.filter((one) => one.group === group).map(trickRow);
  botTricks.replaceChildren(...rows('bot'));
  discordTricks.replaceChildren(...rows('discord'));
  runflowTricks.replaceChildren(...rows('runflow'));
  words.replaceChildren(...world.triggers.map(drawWord));
}

const botWords = {
  starting: 'is starting',
  ready: 'is running',
  stopping: 'is stopping',
  stopped: 'has ended',
  killed: 'was killed',
};

export function showBot() {
  const { state, pid } = world.bot;
  botState.className = `state ${state}`;
  botState.replaceChildren(
    make('span', { class: 'dot', 'aria-hidden': true }),
    ` The bot ${botWords[state] ?? state}`,
    pid ? ` (process ${pid})` : '',
  );
  const restart = [...botTricks.children].find(({ textContent }) => /^(?:Restart|Start)$/.test(textContent));
  if (restart) restart.textContent = pid ? 'Restart' : 'Start';
  const chat = document.querySelector('.chat');
  chat.dataset.bot = state;
}

export function showBalance() {
  balance.textContent = `$${world.balance.toFixed(2)}`;
}

export function showViolations() {
  violationSection.hidden = world.violations.length === 0;
  violations.replaceChildren(
    ...world.violations.map(({ rule, detail }) => make('li', {}, make('b', {}, rule), ` ${detail}`)),
  );
}

const terminal = new Set(['succeeded', 'failed', 'canceled', 'cancelled', 'partial_succeeded']);

function drawRun(run) {
  const facts = [
    run.asker,
    run.seconds === undefined ? '' : `${run.seconds.toFixed(1)} s`,
    run.cost === undefined ? '' : `$${run.cost}`,
    run.flagged === true ? 'flagged' : run.flagged === null ? 'not checked' : '',
    run.failure,
  ];
  const calls =
    run.attemptCount === 0
      ? run.calls
        ? 'no callback yet'
        : 'no callback asked for'
      : `callback${run.attemptCount > 1 ? 's' : ''}: `;
  const attempts = run.attempts.map((status) =>
    make('span', { class: typeof status === 'number' && status < 300 ? 'answer good' : 'answer bad' }, String(status)),
  );
  const earlier = run.attemptCount - run.attempts.length;
  const finish = (event) => play('finish', { run: run.id }, event.currentTarget);
  return make(
    'li',
    { 'data-run': run.id },
    make(
      'div',
      { class: 'row between' },
      make('span', { class: `status ${run.status}` }, run.status),
      make('small', { title: run.id }, `${clockTime(run.createdAt)} · …${run.id.slice(-6)}`),
    ),
    make('div', { class: 'prompt' }, run.prompt),
    make('small', {}, facts.filter(Boolean).join(' · ')),
    make('small', { class: 'row' }, calls, earlier > 0 && `${earlier} earlier, `, attempts),
    !terminal.has(run.status) && button('Finish now', finish, { class: 'small' }),
  );
}

/** Draws those runs, the newest on top. */
export function showRuns(changed) {
  for (const run of changed) {
    const row = drawRun(run);
    const old = runs.querySelector(`[data-run="${run.id}"]`);
    if (old) old.replaceWith(row);
    else runs.prepend(row);
  }
}

export function resetScenes() {
  runs.replaceChildren();
  log.replaceChildren();
}

function drawLine({ at, text, line }) {
  if (!line) return make('li', { class: 'error' }, make('time', {}, clockTime(at)), ' ', text);
  const { level, time: _, msg, ...rest } = line;
  const short = Object.entries(rest)
    .filter(([, value]) => typeof value !== 'object')
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
  const long = Object.values(rest).some((value) => typeof value === 'object' && value !== null);
  const head = [make('time', {}, clockTime(at)), ' ', make('b', {}, msg ?? ''), ' ', make('span', {}, short)];
  if (!long) return make('li', { class: level }, head);
  const id = freshId('line');
  return make(
    'li',
    { class: level },
    make('details', { id }, make('summary', {}, head), make('pre', {}, JSON.stringify(rest, undefined, 1))),
  );
}

export function showLines(lines) {
  if (lines.length === 0) return;
  const follow = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  log.append(...lines.map(drawLine));
  while (log.children.length > shownLines) log.firstChild.remove();
  if (follow) log.scrollTop = log.scrollHeight;
}
