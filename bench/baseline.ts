// The usual bot, as in tutorials: discord.js, defer, fetch, poll every two seconds, buffer the picture, edit the reply.
// Keeps everything in memory and handles no failures.
import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationCommandOptionType, type ChatInputCommandInteraction, Client, GatewayIntentBits } from 'discord.js';

const { DISCORD_API_URL = '', DISCORD_TOKEN = '', RUNFLOW_API_URL = '', RUNFLOW_API_KEY = '' } = process.env;
const { RUNFLOW_MODEL = 'black-forest-labs/flux-2-klein-9b/edit' } = process.env;

const pollMs = 2_000;
const headers = { authorization: `Bearer ${RUNFLOW_API_KEY}`, 'content-type': 'application/json' };

async function edit(interaction: ChatInputCommandInteraction): Promise<void> {
  await interaction.deferReply();
  const image = interaction.options.getAttachment('image', true);
  const prompt = interaction.options.getString('prompt', true);
  const created = await fetch(`${RUNFLOW_API_URL}/v1/models/${RUNFLOW_MODEL}/runs`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ input: { prompt, image_urls: [image.url] }, client_ref: interaction.id }),
  });
  let run = JSON.parse(await created.text());
  while (!run.output) {
    await sleep(pollMs);
    const polled = await fetch(`${RUNFLOW_API_URL}/v1/runs/${run.id}`, { headers });
    run = JSON.parse(await polled.text());
  }
  const download = await fetch(run.output.outputs[0].url);
  const picture = Buffer.from(await download.arrayBuffer());
  await interaction.editReply({ files: [{ attachment: picture, name: 'edited.png' }] });
}

const client = new Client({ intents: [GatewayIntentBits.Guilds], rest: { api: DISCORD_API_URL } });
client.on('interactionCreate', (interaction) => {
  if (interaction.isChatInputCommand()) edit(interaction).catch((error) => console.error(error));
});
client.once('clientReady', async (ready) => {
  await ready.application.commands.set([
    {
      name: 'edit',
      description: 'Edit a picture',
      options: [
        { type: ApplicationCommandOptionType.Attachment, name: 'image', description: 'The picture', required: true },
        { type: ApplicationCommandOptionType.String, name: 'prompt', description: 'What to do', required: true },
      ],
    },
  ]);
  console.log('{"msg":"ready"}');
});
client.login(DISCORD_TOKEN);
