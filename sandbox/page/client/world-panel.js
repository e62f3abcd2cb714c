// What can be changed in the world around the bot: the time, and what people allow in the channel that is open.
import { button, make, toast } from './element.js';
import { sendControl, sendSwitch } from './server.js';
import { currentChannel, world } from './world.js';

const now = make('p', { class: 'hint' });
const spans = make('div', { class: 'row' });
const switches = make('div', { class: 'switches' });
const heading = make('p', { class: 'hint' });

export const timeParts = [now, spans];
export const switchParts = [heading, switches];

async function pass(control, pressed) {
  if (pressed.dataset.busy) return;
  pressed.dataset.busy = 'yes';
  try {
    toast((await sendControl(control.name, {})).message);
  } catch (error) {
    toast(error.message, true);
  }
  delete pressed.dataset.busy;
}

/** Draws the buttons that move the clock, which only the full state contains. */
export function showSpans() {
  const controls = world.controls.filter(({ group }) => group === 'time');
  spans.replaceChildren(
    ...controls.map((control) =>
      button(control.label, (event) => pass(control, event.currentTarget), { class: 'small', title: control.hint }),
    ),
  );
}

export function showTime() {
  const hours = Math.round(world.aheadMs / 3_600_000);
  const date = new Date(Date.now() + world.aheadMs).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
  now.textContent =
    hours === 0
      ? 'Moves the clock of Discord, Runflow and the bot, which is restarted with it.'
      : `It is ${date}: ${hours} h ahead. The bot was restarted with it.`;
}

async function flip({ name }, box) {
  try {
    await sendSwitch(name, box.checked);
  } catch (error) {
    box.checked = !box.checked;
    toast(error.message, true);
  }
}

/** Draws the switches of the current person and channel. */
export function showSwitches() {
  const channel = currentChannel();
  if (!channel) return;
  heading.textContent = channel.type === 1 ? 'In this direct message:' : `In #${channel.name}:`;
  const focused = switches.contains(document.activeElement) ? document.activeElement.id : undefined;
  switches.replaceChildren(
    ...channel.switches.map((one) => {
      const id = `switch-${one.name}`;
      const onchange = (event) => flip(one, event.currentTarget);
      const box = make('input', { type: 'checkbox', role: 'switch', id, checked: one.on, onchange });
      return make('div', { class: 'check' }, box, make('label', { for: id }, one.label));
    }),
  );
  if (focused) document.getElementById(focused)?.focus();
}
