// What polling costs, and that it goes on when lists are not to be had.

import { describe, expect, it } from 'vitest';
import { createLab, type Lab, stamp } from '../lab.ts';
import { mia, pause } from '../support.ts';

const polls = (lab: Lab) => lab.runflow.standIn.requests.filter(({ path }) => path.startsWith('/v1/runs'));

/** List requests and single reads while that many edits wait, over a time long enough for a dozen polls. */
async function countPolls(edits: number): Promise<number> {
  const env = { RECOVER_LOOKBACK_MINUTES: '0' };
  const timing = { pollMs: 100, pollMaxMs: 100 };
  const lab = await createLab({ callbacks: false, env, timing, closeMyself: true });
  try {
    lab.runflow.hold();
    // A few at a time: bot and stand-ins share this process, and an acknowledgement has three seconds.
    for (let asked = 0; asked < edits; asked += 50) {
      const interactions = Array.from({ length: Math.min(50, edits - asked) }, () =>
        lab.discord.slash(mia, 'edit', { image: stamp, prompt: 'blur' }),
      );
      await Promise.all(interactions.map(({ acknowledged }) => acknowledged));
    }
    await lab.until('all are waiting', () => lab.runs().length === edits);
    const before = polls(lab).length;
    await pause(1_200);
    return polls(lab).length - before;
  } finally {
    await lab.close();
  }
}

describe('polling', () => {
  it('costs no more requests with 500 waiting edits than with 5', async () => {
    const few = await countPolls(5);
    const many = await countPolls(500);
    expect(few).toBeGreaterThan(3);
    expect(many).toBeLessThanOrEqual(few + 3);
  });

  it('reads the runs one by one when Runflow refuses the list', async () => {
    const lab = await createLab({ callbacks: false });
    const refusal = { status: 404, body: { code: 'NOT_FOUND', message: 'no such route' } };
    lab.runflow.standIn.fault({ method: 'GET', path: /^\/v1\/runs\?/, times: 1_000, kind: 'answer', ...refusal });
    expect((await lab.edit('blur').replied()).attachments).toHaveLength(1);
  });
});
