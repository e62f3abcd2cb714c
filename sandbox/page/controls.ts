// Controls that break or repair the bot and the services behind it. The page builds its buttons from this table.
import { type Discord, type Interaction, rateLimited } from '../discord/discord.ts';
import type { Runflow } from '../runflow/runflow.ts';
import { passTime, spans } from './passing-time.ts';
import type { Supervisor } from './supervisor.ts';

export type Control = {
  name: string;
  group: 'bot' | 'time' | 'discord' | 'runflow' | 'balance' | 'run';
  label: string;
  hint: string;
  /** Set if the control takes a number. */
  amount?: { label: string; value: number; min: number; max: number };
  /** Runs the control and describes the result in a sentence. `run` is a run id, for controls of the group `run`. */
  run(amount: number, run: string): Promise<string> | string;
};

const count = (value: number, max: number) => ({ label: 'how many', value, min: 1, max });
const anyApiRequest = /^\/api\//;
// The stand-in's initial balance.
const fullBalance = 100;

export function createControls(discord: Discord, runflow: Runflow, supervisor: Supervisor): Control[] {
  let lastInteraction: Interaction | undefined;
  discord.on('interaction', (interaction) => {
    lastInteraction = interaction;
  });

  function requireRunning(): void {
    if (supervisor.pid() === undefined) throw new Error('The bot is not running');
  }

  function finishedRunIds(): string[] {
    const finishedRuns = [...runflow.runs.values()].filter(
      (run) => run.completed_at !== null && run.callback_url !== null,
    );
    if (finishedRuns.length === 0) throw new Error('There is no finished run yet: make an edit first');
    return finishedRuns.slice(-20).map(({ id }) => id);
  }

  async function flood(times: number): Promise<string> {
    const ids = finishedRunIds();
    const sends = ids.map((id, index) => {
      const share = Math.floor(times / ids.length) + (index < times % ids.length ? 1 : 0);
      return runflow.sendCallback(id, { times: share });
    });
    return `${times} callbacks for ${ids.length} finished runs: ${tally((await Promise.all(sends)).flat())}`;
  }

  return [
    {
      name: 'kill',
      group: 'bot',
      label: 'kill -9',
      hint: 'ends the process at once, whatever it was doing',
      async run() {
        requireRunning();
        await supervisor.kill();
        return 'The bot was killed. Start it and see it take its edits up again';
      },
    },
    {
      name: 'restart',
      group: 'bot',
      label: 'Restart',
      hint: 'SIGTERM, then a new process on the same database',
      async run() {
        const running = supervisor.pid() !== undefined;
        const code = await supervisor.stop();
        await supervisor.start();
        return running ? `The bot ended with exit code ${code} and is ready again` : 'The bot is ready';
      },
    },
    {
      name: 'stop',
      group: 'bot',
      label: 'Stop',
      hint: 'SIGTERM',
      async run() {
        requireRunning();
        return `The bot ended with exit code ${await supervisor.stop()}`;
      },
    },
    ...spans.map(({ name, label, ms }): Control => {
      return {
        name: `pass-${name}`,
        group: 'time',
        label,
        hint: 'moves the clock of all three; the bot is restarted with it',
        async run() {
          await passTime(ms, runflow, supervisor);
          return `It is ${label.slice(1)} later`;
        },
      };
    }),
    {
      name: 'drop',
      group: 'discord',
      label: 'Drop the gateway',
      hint: 'cuts the connection; the bot resumes',
      run() {
        discord.dropGateway();
        return 'The gateway connection was cut';
      },
    },
    {
      name: 'invalidate',
      group: 'discord',
      label: 'End the session',
      hint: 'opcode 9: the bot identifies anew',
      run() {
        discord.invalidateSession();
        return 'The gateway session is no longer valid';
      },
    },
    {
      name: 'expire-token',
      group: 'discord',
      label: 'Expire the last token',
      hint: 'as if 15 minutes had passed since the last command or button: best while its edit is running',
      run() {
        if (!lastInteraction) throw new Error('Nobody has used the bot yet');
        discord.expireToken(lastInteraction);
        return 'The last interaction’s token has expired';
      },
    },
    {
      name: 'rate-limit',
      group: 'discord',
      label: 'Answer 429',
      hint: 'to the next requests: come back in 1 s',
      amount: count(3, 100),
      run(times) {
        discord.standIn.fault({ path: anyApiRequest, times, ...rateLimited(1) });
        return `The next ${requests(times)} to Discord will be answered with 429`;
      },
    },
    {
      name: 'server-error',
      group: 'discord',
      label: 'Answer 500',
      hint: 'to the next requests',
      amount: count(3, 100),
      run(times) {
        const body = { message: '500: Internal Server Error', code: 0 };
        discord.standIn.fault({ path: anyApiRequest, times, kind: 'answer', status: 500, body });
        return `The next ${requests(times)} to Discord will be answered with 500`;
      },
    },
    {
      name: 'clear-faults',
      group: 'discord',
      label: 'Answer normally',
      hint: 'forgets the 429 and 500 still to come',
      run() {
        discord.standIn.clearFaults();
        return 'Discord answers normally again';
      },
    },
    {
      name: 'hold',
      group: 'runflow',
      label: 'Hold the runs',
      hint: 'they stay running until released',
      run() {
        runflow.hold();
        return 'Runs stay running until you release them';
      },
    },
    {
      name: 'release',
      group: 'runflow',
      label: 'Release them',
      hint: 'ends a hold',
      run() {
        runflow.release();
        return 'Runs end again';
      },
    },
    {
      name: 'flood',
      group: 'runflow',
      label: 'Flood of callbacks',
      hint: 'repeats those of finished runs',
      amount: count(200, 5000),
      run: flood,
    },
    {
      name: 'forge',
      group: 'runflow',
      label: 'Forge a callback',
      hint: 'signed with a secret of nobody',
      async run() {
        const id = finishedRunIds().at(-1) ?? '';
        return `A forged callback: ${tally(await runflow.sendCallback(id, { secret: 'whsec_not-the-right-one' }))}`;
      },
    },
    {
      name: 'balance',
      group: 'balance',
      label: 'Set the balance',
      hint: 'in US dollars; at 0 no run is made',
      amount: { label: 'dollars', value: fullBalance, min: 0, max: 10_000 },
      run(dollars) {
        runflow.balanceCents = dollars * 100;
        return `The balance is $${dollars} now`;
      },
    },
    {
      name: 'finish',
      group: 'run',
      label: 'Finish now',
      hint: 'ends this run as planned',
      async run(_, run) {
        await runflow.finish(run);
        return 'The run is finished';
      },
    },
  ];
}

const requests = (times: number) => (times === 1 ? 'request' : `${times} requests`);

/** `198 × 204, 2 × 0` */
function tally(statuses: readonly number[]): string {
  const counts = new Map<number, number>();
  for (const status of statuses) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].map(([status, times]) => `${times} × ${status || 'no answer'}`).join(', ');
}
