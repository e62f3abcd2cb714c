// The sandbox's page as a person uses it: a real Chromium, the real bot as a child process, both stand-ins.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/page/sandbox.ts';
import { findChromium } from '../programs.ts';

const program = findChromium();
const quiet = ['background-networking', 'component-update', 'sync'].map((name) => `--disable-${name}`);
const folder = mkdtempSync(join(tmpdir(), 'darkroom-page-'));

let sandbox: Sandbox;
let browser: Browser;
const pages: Page[] = [];
const troubles: string[] = [];

beforeAll(async () => {
  const starting = startSandbox({
    port: 0,
    store: (port) => join(folder, `${port}.sqlite`),
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

async function visit(person: string, channel = 'general', width = 1280): Promise<Page> {
  const page = await browser.newPage({ viewport: { width, height: 800 } });
  page.setDefaultTimeout(10_000);
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

describe.skipIf(program === undefined)('the page of the sandbox', () => {
  it('types /edit with a photograph; the picture arrives for everybody, Again and Delete work', async () => {
    const [mia, noah] = await Promise.all([visit('mia'), visit('noah')]);
    await typeEdit(mia, 'make it sepia');
    const arrived = result(mia, 'make it sepia');
    await arrived.waitFor();
    expect(await seen(arrived.getByRole('img', { name: 'make it sepia' }))).toBe(true);
    expect(await arrived.textContent()).toMatch(/Mia used \/edit[\s\S]*@Mia · seed \d+/);
    await result(noah, 'make it sepia').waitFor();

    await arrived.getByRole('button', { name: 'Again' }).click();
    await arrived.nth(1).waitFor();
    expect(sandbox.runflow.runs.size).toBe(2);

    await arrived.first().getByRole('button', { name: 'Delete' }).click();
    const question = messages(mia).filter({ hasText: 'Delete this picture for everyone?' });
    await question.getByText('Only you can see this').waitFor();
    expect(await messages(noah).filter({ hasText: 'Delete this picture' }).count()).toBe(0);
    await noah.reload();
    await result(noah, 'make it sepia').first().waitFor();
    expect(await messages(noah).count()).toBe(2);

    await question.getByRole('button', { name: 'Yes, delete it' }).click();
    await messages(mia).filter({ hasText: 'Deleted.' }).waitFor();
    await expect.poll(() => messages(noah).count()).toBe(1);
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

  it('says that the application did not respond when the bot was killed, and that it runs again', async () => {
    const page = await visit('mia', 'dm', 390);
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
    await scenes.getByText('The bot is running').waitFor({ timeout: 10_000 });
    const width = await page.evaluate('document.documentElement.scrollWidth');
    expect(width).toBeLessThanOrEqual(390);
  });
});
