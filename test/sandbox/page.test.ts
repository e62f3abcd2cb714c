// The sandbox's page as a person uses it: a real Chromium, the real bot as a child process, both stand-ins.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/page/sandbox.ts';
import { findChromium } from '../programs.ts';

const program = findChromium();
const quiet = ['background-networking', 'component-update', 'sync'].map((name) => `--disable-${name}`);
const folder = mkdtempSync(join(tmpdir(), 'darkroom-page-'));
const store = join(folder, 'world.sqlite');
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let sandbox: Sandbox;
let browser: Browser;
const pages: Page[] = [];
const troubles: string[] = [];

beforeAll(async () => {
  // What an earlier world has left must not matter.
  for (const ending of ['', '-wal', '-shm']) writeFileSync(`${store}${ending}`, 'of an earlier world');
  const starting = startSandbox({
    port: 0,
    store: () => store,
    // Long enough for a bot that runs, short to wait for one that was killed.
    discord: { acknowledgeMs: 1_500 },
    runflow: { runMs: 100, callbackRetryMs: [50, 100] },
  });
  const args = ['--no-sandbox', '--disable-gpu', '--no-first-run', ...quiet];
  const launch = { executablePath: program?.path ?? '', env: { ...process.env, ...program?.env }, args };
  [sandbox, browser] = await Promise.all([starting, chromium.launch(launch)]);
  await sandbox.ready;
});

afterEach(async () => {
  for (const page of pages.splice(0)) await page.close();
  expect(troubles.splice(0), 'errors on the page').toEqual([]);
  expect(sandbox.discord.violations, 'what Discord would have refused').toEqual([]);
});

afterAll(async () => {
  await browser?.close();
  await sandbox?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function visit(
  person: string,
  channel = 'general',
  { width = 1280, colorScheme = 'dark' }: { width?: number; colorScheme?: 'dark' | 'light' } = {},
): Promise<Page> {
  const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme, reducedMotion: 'reduce' });
  page.setDefaultTimeout(20_000);
  page.on('pageerror', (error) => troubles.push(error.message));
  pages.push(page);
  await page.goto(`${sandbox.url}/#${person}/${channel}`);
  await page.getByRole('radio', { name: new RegExp(person, 'i'), checked: true }).waitFor({ state: 'attached' });
  return page;
}

const messages = (page: Page): Locator => page.getByRole('log').getByRole('article');
const result = (page: Page, prompt: string): Locator => {
  return messages(page)
    .filter({ hasText: prompt })
    .filter({ has: page.getByRole('button', { name: /^Enlarge/ }) });
};

async function typeEdit(page: Page, prompt: string): Promise<void> {
  await page.getByRole('combobox', { name: /^Message/ }).pressSequentially('/edit ');
  await page.getByRole('button', { name: 'image: use rocket.jpg' }).click();
  await page.getByRole('textbox', { name: 'prompt' }).fill(prompt);
  await page.getByRole('textbox', { name: 'prompt' }).press('Enter');
}

/** Whether the picture was really loaded and decoded. */
async function seen(picture: Locator): Promise<boolean> {
  return picture.evaluate(async (image: { decode(): Promise<void>; naturalWidth: number }) => {
    await image.decode();
    return image.naturalWidth > 0;
  });
}

/** What axe minds about the page as it is, beyond trifles. */
async function barriers(page: Page): Promise<string[]> {
  // Evaluated, because the page's own policy lets no script in.
  await page.evaluate(axe);
  const found: { impact: string; id: string; nodes: { target: string[] }[] }[] = await page.evaluate(
    'axe.run().then(({ violations }) => violations.map(({ impact, id, nodes }) => ({ impact, id, nodes })))',
  );
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
}

const scenesOf = (page: Page): Locator => page.getByRole('complementary', { name: 'Behind the scenes' });

describe.skipIf(program === undefined)('the page of the sandbox', () => {
  it('types /edit with a photograph; the picture arrives for everybody, and every button under it works', async () => {
    const [mia, noah] = await Promise.all([visit('mia'), visit('noah')]);
    await typeEdit(mia, 'make it sepia');
    const arrived = result(mia, 'make it sepia');
    await arrived.waitFor();
    expect(await seen(arrived.getByRole('img', { name: 'make it sepia' }))).toBe(true);
    expect(await arrived.textContent()).toMatch(/Mia used \/edit[\s\S]*@Mia · AI edit · seed \d+/);
    await result(noah, 'make it sepia').waitFor();

    await arrived.getByRole('button', { name: 'Again' }).click();
    await arrived.nth(1).waitFor();
    expect(sandbox.runflow.runs.size).toBe(2);

    const modal = mia.getByRole('dialog');
    await arrived.first().getByRole('button', { name: 'Edit further' }).click();
    await modal.getByRole('textbox', { name: 'What should change now?' }).fill('now blur it');
    await modal.getByRole('button', { name: 'Submit' }).click();
    await result(mia, 'now blur it').waitFor();
    await arrived.first().getByRole('button', { name: 'Change' }).click();
    const words = modal.getByRole('textbox', { name: 'What should change?' });
    expect(await words.inputValue()).toBe('make it sepia');
    expect(await modal.getByRole('textbox', { name: 'Seed' }).inputValue()).toMatch(/^\d+$/);
    await words.fill('pixelate it');
    await modal.getByRole('combobox', { name: 'Size' }).selectOption('square');
    await modal.getByRole('button', { name: 'Submit' }).click();
    await result(mia, 'pixelate it').waitFor();
    expect([...sandbox.runflow.runs.values()].at(-1)?.input.image_size).toBe('square');

    await arrived.first().getByRole('button', { name: 'More…' }).click();
    const panel = messages(mia).filter({ hasText: 'What would you like to do' });
    await panel.getByRole('button', { name: 'Spoiler' }).click();
    const covered = messages(mia).filter({ hasText: 'is a spoiler now' });
    await covered.getByRole('button', { name: 'Delete' }).click();
    const question = messages(mia).filter({ hasText: 'Delete this picture for everyone?' });
    await question.getByText('Only you can see this').waitFor();
    expect(await messages(noah).filter({ hasText: 'Delete this picture' }).count()).toBe(0);
    await noah.reload();
    await result(noah, 'make it sepia').first().waitFor();
    expect(await messages(noah).count()).toBe(4);

    await question.getByRole('button', { name: 'Yes, delete it' }).click();
    await messages(mia).filter({ hasText: 'Deleted.' }).waitFor();
    await expect.poll(() => messages(noah).count()).toBe(3);
    expect(await arrived.count()).toBe(1);
  });

  it('opens the menu of a message, and the modal that follows, with the keyboard alone', async () => {
    const page = await visit('noah', 'lounge');
    const line = page.getByRole('combobox', { name: /^Message/ });
    await page.getByRole('button', { name: 'Attach a picture' }).press('Enter');
    await page.getByRole('button', { name: 'Picture: use coffee.png' }).press('Enter');
    await page.getByRole('checkbox', { name: 'Spoiler' }).check();
    await line.fill('my **breakfast**');
    await line.press('Enter');
    const posted = messages(page).filter({ hasText: 'my breakfast' });
    await posted.getByRole('button', { name: 'Show the spoiler picture' }).press('Enter');
    await posted.getByRole('button', { name: /^Enlarge/ }).waitFor();

    await posted.getByRole('button', { name: /^Apps/ }).press('Enter');
    await page.getByRole('menuitem', { name: 'Edit this image' }).press('Enter');
    const modal = page.getByRole('dialog', { name: 'Edit this image' });
    await modal.getByRole('textbox', { name: 'What should change?' }).fill('blur it');
    await modal.getByRole('button', { name: 'Submit' }).press('Enter');
    // Made from a spoiler, so it is one.
    const made = messages(page).filter({ hasText: 'blur it' });
    await made.getByRole('button', { name: 'Show the spoiler picture' }).press('Enter');
    await result(page, 'blur it').waitFor();
    expect(await modal.count()).toBe(0);
  });

  it('shows a hostile prompt as the text that it is', async () => {
    const page = await visit('otto', 'general-thread');
    const prompt =
      '<img src=x onerror="window.hacked = 1"> **bold** ||hidden|| [a](javascript:alert(1)) `code` @everyone';
    await typeEdit(page, prompt);
    const arrived = result(page, 'onerror');
    await arrived.waitFor();
    expect(await arrived.locator('blockquote').textContent()).toBe(prompt);
    expect(await arrived.locator('blockquote :not(.line)').count()).toBe(0);
    expect(await page.evaluate('window.hacked')).toBeUndefined();
  });

  it('waits for a photograph that was chosen a moment before Enter', async () => {
    const page = await visit('noah');
    const typed = Promise.withResolvers<void>();
    await page.route('**/photos/rocket.jpg', async (route) => {
      if (route.request().resourceType() === 'fetch') await typed.promise;
      await route.continue();
    });
    await typeEdit(page, 'soon blurred');
    typed.resolve();
    await result(page, 'soon blurred').waitFor();
  });

  it('plays a first edit for whoever wants to see one', async () => {
    const page = await visit('noah', 'lounge-thread');
    await page.getByRole('button', { name: 'Show me' }).click();
    await result(page, 'make it black and white').waitFor();
  });

  it('has #review set up: what is flagged comes there, and links lead through the page', async () => {
    const mia = await visit('mia');
    await typeEdit(mia, '[flagged] a dragon');
    const vera = await visit('vera', 'review');
    const card = messages(vera).filter({ hasText: 'a dragon' });
    await card.getByRole('button', { name: 'Approve', exact: true }).click();
    await result(mia, 'a dragon').waitFor();
    expect(sandbox.discord.visible('review', 'otto').some(({ content }) => content.includes('<#'))).toBe(true);

    const [message] = sandbox.discord.messages('general').filter(({ content }) => content.includes('a dragon'));
    const { guild } = sandbox.discord.world;
    const address = `https://discord.com/channels/${guild.id}/${message?.channelId}/${message?.id}`;
    sandbox.discord.post({ user: 'vera', channel: 'review' }, `look: ${address} and ${address}0`);
    const links = messages(vera).filter({ hasText: 'look:' }).getByRole('link', { name: '#general' });
    await links.first().click();
    await vera.locator(`[data-id="${message?.id}"]:focus`).waitFor();
    expect(vera.url()).toMatch(/#vera\/general$/);
    await vera.locator('[data-channel=review]').click();
    await links.last().click();
    await vera.getByText('That message is gone').waitFor();
  }, 60_000);

  it.each(['dark', 'light'] as const)(
    'has no barrier that axe calls serious, in %s',
    async (colorScheme) => {
      const page = await visit('vera', 'review', { colorScheme });
      await messages(page).first().waitFor();
      const background = await page.evaluate('getComputedStyle(document.body).backgroundColor');
      expect(background).toBe(colorScheme === 'dark' ? 'rgb(30, 31, 34)' : 'rgb(223, 226, 231)');
      await page.getByRole('combobox', { name: /^Message/ }).pressSequentially('/edit ');
      await page.getByRole('button', { name: 'image: use rocket.jpg' }).click();
      expect(await barriers(page)).toEqual([]);
      await page.setViewportSize({ width: 390, height: 800 });
      await page.getByRole('button', { name: 'Behind the scenes' }).click();
      expect(await barriers(page)).toEqual([]);
    },
    60_000,
  );

  it('takes a permission away and gives it back, lifts an age restriction, closes direct messages', async () => {
    const page = await visit('noah', 'lounge');
    const { world } = sandbox.discord;
    const flip = async (name: string, holds: () => boolean) => {
      await scenesOf(page).getByRole('switch', { name }).click();
      await expect.poll(holds).toBe(true);
    };
    const may = (...names: ('ATTACH_FILES' | 'SEND_MESSAGES')[]) =>
      world.can(world.channel('lounge'), world.bot.id, ...names);
    await flip('The bot may attach files here', () => !may('ATTACH_FILES'));
    await flip('The bot may send messages here', () => !may('SEND_MESSAGES'));
    await flip('The bot may attach files here', () => may('ATTACH_FILES') && !may('SEND_MESSAGES'));
    await typeEdit(page, 'turned away');
    const refusal = messages(page).filter({ hasText: 'Send Messages' });
    await refusal.getByText('Only you can see this').waitFor();
    await flip('The bot may send messages here', () => may('ATTACH_FILES', 'SEND_MESSAGES'));
    await flip('This channel is age-restricted', () => !world.channel('lounge').nsfw);
    await flip('Noah takes direct messages', () => world.closedDms.has(world.user('noah').id));
    await flip('Noah takes direct messages', () => !world.closedDms.has(world.user('noah').id));
  });

  it('says that the application did not respond when the bot was killed, and that it runs again', async () => {
    const page = await visit('mia', 'dm', { width: 390 });
    await page.getByRole('button', { name: 'Behind the scenes' }).click();
    const scenes = page.getByRole('complementary', { name: 'Behind the scenes' });
    await scenes.getByRole('button', { name: 'kill -9' }).click();
    await scenes.getByText('The bot was killed').waitFor();
    await scenes.getByRole('button', { name: '[slow]' }).click();
    await page.getByRole('button', { name: 'image: use chelsea.png' }).click();
    expect(await page.getByRole('textbox', { name: 'prompt' }).inputValue()).toBe('[slow] ');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.getByRole('alert').filter({ hasText: 'The application did not respond' }).waitFor();
    await page.getByRole('button', { name: 'Behind the scenes' }).click();
    await scenes.getByRole('button', { name: 'Start', exact: true }).click();
    await scenes.getByText('The bot is running').waitFor({ timeout: 25_000 });
    const width = await page.evaluate('document.documentElement.scrollWidth');
    expect(width).toBeLessThanOrEqual(390);
  }, 60_000);

  it('lets three days pass: what nobody decided about has expired', async () => {
    const mia = await visit('mia');
    await typeEdit(mia, '[flagged] left waiting');
    const vera = await visit('vera', 'review');
    const card = messages(vera).filter({ hasText: 'left waiting' });
    await card.getByRole('button', { name: 'Reject' }).waitFor();
    const before = Date.now();
    await scenesOf(vera).getByRole('button', { name: '+3 days' }).click();
    await scenesOf(vera).getByText('72 h ahead').waitFor({ timeout: 20_000 });
    await card.filter({ hasText: 'Not reviewed' }).waitFor({ timeout: 20_000 });
    expect(Date.now() - before).toBeGreaterThan(72 * 3_600_000);
    await typeEdit(mia, 'days later');
    await result(mia, 'days later').waitFor({ timeout: 20_000 });
  }, 60_000);
});
