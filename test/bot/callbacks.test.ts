// Callbacks: whom the bot believes, what it answers, and that the picture goes where our record says.
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createLab, type Lab, secret } from '../lab.ts';
import { at, noah } from '../support.ts';

function post(lab: Lab, body: string | Buffer, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${lab.url}/webhooks/runflow`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });
}

const signed = (body: string, key = secret) => ({
  'runflow-signature': createHmac('sha256', key).update(body).digest('hex'),
});

describe('a callback', () => {
  it('is refused without a signature, with a wrong one, and for a body that was changed', async () => {
    const lab = await createLab();
    lab.runflow.hold();
    const interaction = lab.edit('blur');
    await lab.until('the run', () => lab.runs().length === 1);
    const run = lab.runs()[0];
    const body = JSON.stringify({ event: 'run.completed', run_id: run?.id, status: 'failed', output: null });
    expect((await post(lab, body)).status).toBe(401);
    expect((await post(lab, body, signed(body, 'whsec_other'))).status).toBe(401);
    expect((await post(lab, `${body} `, signed(body))).status).toBe(401);
    expect((await post(lab, body, { 'runflow-signature': 'x'.repeat(64) })).status).toBe(401);
    expect(interaction.original()?.loading).toBe(true);
    lab.runflow.release();
    expect((await interaction.replied()).attachments).toHaveLength(1);
  });

  it('may be signed by any of the secrets, so that they can be rotated', async () => {
    const lab = await createLab({ secrets: [secret, 'whsec_lab-secret-two'], timing: { callbackOverdueMs: 60_000 } });
    await lab.edit('blur').replied();
    lab.runflow.setSecrets(['whsec_lab-secret-two']);
    await lab.edit('blur').replied();
    expect(lab.results()).toHaveLength(2);
  });

  it('settles nothing by itself where no secret is configured: the run is read', async () => {
    const lab = await createLab({ secrets: [], timing: { callbackOverdueMs: 60_000 } });
    lab.runflow.hold();
    const interaction = lab.edit('blur');
    await lab.until('the run', () => lab.runs().length === 1);
    const forged = { event: 'run.failed', run_id: lab.runs()[0]?.id, status: 'failed', output: null };
    expect((await post(lab, JSON.stringify(forged))).status).toBe(200);
    await lab.runflow.standIn.request(({ method, path }) => method === 'GET' && path.startsWith('/v1/runs/'));
    expect(interaction.original()?.loading).toBe(true);
    lab.runflow.release();
    expect((await interaction.replied()).attachments).toHaveLength(1);
  });

  it('that overtakes the create answer is enough without a secret, too', async () => {
    const lab = await createLab({ secrets: [], timing: { callbackOverdueMs: 60_000 } });
    expect((await lab.edit('blur [early]').replied()).attachments).toHaveLength(1);
  });

  it('changes nothing about where the picture goes, whatever its metadata say', async () => {
    const lab = await createLab({ timing: { callbackOverdueMs: 60_000 } });
    lab.runflow.plan({ callback: 'never' }, 2);
    const interaction = lab.edit('blur');
    const other = lab.edit('sepia', {}, at(noah, 'lounge'));
    await lab.until('the runs', () => lab.runs().filter(({ status_code }) => status_code === 'succeeded').length === 2);
    const run = lab.runs().find(({ client_ref }) => client_ref === interaction.id);
    const lie = { edit_id: other.id, channel_id: lab.discord.world.channel('lounge').id, user_id: '1', guild_id: null };
    await lab.runflow.sendCallback(run?.id ?? '', {
      body: (payload) => ({ ...(typeof payload === 'object' ? payload : {}), metadata: lie }),
    });
    await interaction.replied();
    expect(lab.results('general')).toHaveLength(1);
    expect(lab.results('lounge')).toHaveLength(0);
  });

  it('gets 413, 415, 400 for what is not one', async () => {
    const lab = await createLab();
    const huge = JSON.stringify({ run_id: 'x'.repeat(2 ** 20) });
    expect((await post(lab, huge, signed(huge))).status).toBe(413);
    expect(
      (await post(lab, 'run_id=1', { ...signed('run_id=1'), 'content-type': 'application/x-www-form-urlencoded' }))
        .status,
    ).toBe(415);
    for (const body of ['', '{', '[]', 'null', '{"run_id":7}', '{"event":"run.completed"}']) {
      expect((await post(lab, body, signed(body))).status, body).toBe(400);
    }
  });

  it('of an unknown run is taken note of and changes nothing', async () => {
    const lab = await createLab();
    const body = JSON.stringify({ event: 'run.completed', run_id: 'nobody', status: 'succeeded', output: {} });
    const answer = await post(lab, body, signed(body));
    expect([answer.status, await answer.json()]).toEqual([200, { result: 'unknown' }]);
  });

  it('is still served in a flood of bad ones, which is answered 429', async () => {
    const lab = await createLab({ timing: { callbackOverdueMs: 60_000 } });
    const statuses = new Set<number>();
    const flood = Promise.all(
      Array.from({ length: 20 }, async () => {
        for (let index = 0; index < 50; index += 1) statuses.add((await post(lab, '{"run_id":"x"}')).status);
      }),
    );
    const message = await lab.edit('blur').replied();
    await flood;
    expect(message.attachments).toHaveLength(1);
    expect([...statuses].sort()).toEqual([401, 429]);
    expect(lab.logs.filter(({ msg }) => msg === 'callback refused').length).toBeLessThanOrEqual(60);
  });
});

describe('the other routes', () => {
  it('tell health, readiness and metrics', async () => {
    const lab = await createLab();
    expect((await fetch(`${lab.url}/healthz`)).status).toBe(200);
    await lab.until('readiness', () => true);
    expect((await fetch(`${lab.url}/readyz`)).status).toBe(200);
    await lab.edit('blur').replied();
    await lab.until('the edit is closed', () => lab.logs.some(({ msg }) => msg === 'edit delivered'));
    const metrics = await (await fetch(`${lab.url}/metrics`)).text();
    expect(metrics).toContain('darkroom_edits_closed_total{state="delivered",reason=""} 1');
    lab.discord.dropGateway();
    await expect.poll(async () => (await fetch(`${lab.url}/readyz`)).status).toBe(503);
  });
});
