// The control panel: the bot's process and log, controls for it and the services, and Runflow's runs.
import { insertWord } from './composer.js';
import { button, clockTime, freshId, make, toast } from './element.js';
import { sendControl } from './server.js';
import { world } from './world.js';
import { switchParts, timeParts } from './world-panel.js';

const panel = document.querySelector('#control-panel');
const maxLines = 300;

const botState = make('span', { class: 'state' });
const botControls = make('div', { class: 'row' });
const discordControls = make('div', { class: 'controls' });
const runflowControls = make('div', { class: 'controls' });
const balance = make('b', {});
const emptyButton = button('Set to $0', () => runControl('balance', { amount: 0 }), { class: 'small' });
const fullButton = button('Back to $100', () => runControl('balance', { amount: 100 }), { class: 'small' });
const triggerButtons = make('div', { class: 'row words' });
const triggerHint = make('p', { class: 'hint', 'aria-hidden': true }, '\u00a0');
const runs = make('ol', { class: 'runs', tabindex: 0, 'aria-label': 'Runs' });
const violations = make('ul', { class: 'violations' });
const violationSection = section('What Discord minds', true, violations);
const log = make('ol', { class: 'log', tabindex: 0, 'aria-label': 'Log of the bot' });

function section(title, open, ...content) {
  return make('details', { open }, make('summary', {}, make('h2', {}, title)), ...content);
}

panel.append(
  section('The bot', true, make('p', {}, botState), botControls, log),
  section(
    'Runflow',
    true,
    make('p', { class: 'row' }, 'Balance: ', balance, emptyButton, fullButton),
    runs,
    runflowControls,
  ),
  section(
    'Words for the prompt',
    true,
    make('p', { class: 'hint' }, 'A click puts one into the prompt. They choose how the run goes.'),
    triggerButtons,
    triggerHint,
  ),
  section('Time', true, ...timeParts),
  section('The server', true, ...switchParts),
  section('Discord', true, discordControls),
  violationSection,
);

async function runControl(name, body = {}, pressed) {
  // Do not disable the button: it would lose keyboard focus.
  if (pressed?.dataset.busy) return;
  if (pressed) pressed.dataset.busy = 'yes';
  try {
    toast((await sendControl(name, body)).message);
  } catch (error) {
    toast(error.message, true);
  }
  if (pressed) delete pressed.dataset.busy;
}

function createControl({ name, label, hint, amount }) {
  if (!amount) {
    return button(label, (event) => runControl(name, {}, event.currentTarget), { class: 'small', title: hint });
  }
  const attributes = { min: amount.min, max: amount.max, value: amount.value };
  const input = make('input', { type: 'number', 'aria-label': `${label}: ${amount.label}`, ...attributes });
  const go = (event) => runControl(name, { amount: input.value }, event.currentTarget);
  return make('span', { class: 'with-amount' }, button(label, go, { class: 'small', title: hint }), input);
}

function createTriggerButton({ word: name, what }) {
  const explain = () => {
    triggerHint.textContent = `[${name}]: ${what}`;
  };
  const attributes = { class: 'chip', title: what, onmouseenter: explain, onfocus: explain };
  return button(`[${name}]`, () => insertWord(`[${name}]`), attributes);
}

/** Draws the controls and trigger words, which only the full state contains. */
export function showControls() {
  const rows = (group) => world.controls.filter((one) => one.group === group).map(createControl);
  botControls.replaceChildren(...rows('bot'));
  discordControls.replaceChildren(...rows('discord'));
  runflowControls.replaceChildren(...rows('runflow'));
  triggerButtons.replaceChildren(...world.triggers.map(createTriggerButton));
}

const botStateTexts = {
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
    ` The bot ${botStateTexts[state] ?? state}`,
    pid ? ` (process ${pid})` : '',
  );
  const restart = [...botControls.children].find(({ textContent }) => /^(?:Restart|Start)$/.test(textContent));
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

const terminal = new Set(['succeeded', 'failed', 'canceled', 'cancelled', 'partial_succeeded', 'errored']);

function createRunRow(run) {
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
  const finish = (event) => runControl('finish', { run: run.id }, event.currentTarget);
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

/** Draws changed runs, newest first. */
export function showRuns(changed) {
  for (const run of changed) {
    const row = createRunRow(run);
    const old = runs.querySelector(`[data-run="${run.id}"]`);
    if (old) old.replaceWith(row);
    else runs.prepend(row);
  }
}

export function clearRunsAndLog() {
  runs.replaceChildren();
  log.replaceChildren();
}

function createLogLine({ at, text, line }) {
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
  log.append(...lines.map(createLogLine));
  while (log.children.length > maxLines) log.firstChild.remove();
  if (follow) log.scrollTop = log.scrollHeight;
}
