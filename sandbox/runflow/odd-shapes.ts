// What Runflow's documents and clients show besides the documented answers: other shapes of an output, other flags,
// other pages. A plan or a test asks for them; without that, everything is as documented.
import type { Output, OutputEntry } from './run.ts';

declare global {
  interface JSON {
    /** In Node, not yet in TypeScript: a value of which `JSON.stringify` writes just this text. */
    rawJSON(text: string): object;
  }
}

type Shown = { outputs: readonly OutputEntry[] } & Record<string, unknown>;

const addresses = ({ outputs }: Shown) => outputs.map(({ url }) => url);
/** Everything but the pictures, and something else in their place. */
const instead = ({ outputs: _outputs, ...others }: Shown, pictures: object = {}) => ({ ...others, ...pictures });
/** The same output with changed entries. */
const each = (output: Shown, change: (entry: OutputEntry) => object) => ({
  ...output,
  outputs: output.outputs.map(change),
});

const outputShapes = {
  none: () => null,
  empty: () => ({}),
  text: (output) => addresses(output)[0],
  list: addresses,
  objects: ({ outputs }) => outputs,
  single: (output) => instead(output, output.outputs[0]),
  'image-urls': (output) => ({ image_urls: addresses(output) }),
  image: (output) => instead(output, { image: output.outputs[0] }),
  images: (output) => instead(output, { images: output.outputs }),
  'image-url': (output) => instead(output, { image_url: addresses(output)[0] }),
  'output-url': (output) => instead(output, { output_url: addresses(output)[0] }),
  'mime-type': (output) => each(output, (entry) => ({ ...entry, type: entry.content_type })),
  capital: (output) => each(output, (entry) => ({ ...entry, type: 'Image' })),
  untyped: (output) => each(output, ({ url }) => ({ url })),
  extras: (output) => ({
    ...output,
    // More digits than a number can hold.
    seed: JSON.rawJSON('15860307465884635512'),
    model_data: [{ actual_prompt: 'blur the photo, *softly*' }],
    timing: { inference_ms: 1_234 },
  }),
  film: (output) => each(output, (entry) => ({ ...entry, type: 'video/mp4', content_type: 'video/mp4' })),
} as const satisfies Record<string, (output: Shown) => unknown>;
export type OutputShape = keyof typeof outputShapes;

/** The output without its flag. */
const unflagged = ({ nsfw_detected: _flag, ...others }: Shown): Shown => others;

const flagShapes = {
  absent: unflagged,
  text: (output) => ({ ...output, nsfw_detected: String(output.nsfw_detected) }),
  number: (output) => ({ ...output, nsfw_detected: Number(output.nsfw_detected) }),
  object: (output) => ({ ...output, nsfw_detected: { detected: output.nsfw_detected } }),
  list: (output) => ({ ...output, nsfw_detected: output.outputs.map(() => output.nsfw_detected) }),
  'on-outputs': (output) => ({
    ...unflagged(output),
    outputs: output.outputs.map((entry) => ({ ...entry, nsfw: output.nsfw_detected })),
  }),
  'model-data': (output) => ({ ...unflagged(output), model_data: { has_nsfw_concepts: [output.nsfw_detected] } }),
  cleared: (output) => ({ ...output, nsfw_detected: false }),
} as const satisfies Record<string, (output: Shown) => Shown>;
export type FlagShape = keyof typeof flagShapes;

/** Who is told: the receiver of a callback, or who lists or reads runs. */
export type Told = 'callback' | 'list' | 'read';

/** How an output is told, to everybody or to one. `times`: so often (default: always), and then as documented. */
export type Telling = { to?: Told; output?: OutputShape; flag?: FlagShape; times?: number };

/** The output as the tellings that fit have it. */
export function tellOutput(output: Output | null, tellings: readonly Telling[], told: Told): unknown {
  if (output === null || !('outputs' in output)) return output;
  const fitting = tellings.filter(({ to, times }) => (to === undefined || to === told) && times !== 0);
  for (const telling of fitting) if (telling.times !== undefined) telling.times -= 1;
  const { flag } = fitting.find((telling) => telling.flag) ?? {};
  const { output: shape } = fitting.find((telling) => telling.output) ?? {};
  const flagged = flag ? flagShapes[flag](output) : output;
  return shape ? outputShapes[shape](flagged) : flagged;
}

/** How pages of the run list look. */
export type PageForm = {
  /** Where the cursor stands. `url`: in an address; `hidden`: nowhere; `loop`: the last page leads to the first. */
  cursor?: 'next' | 'url' | 'hidden' | 'loop';
  items?: 'data' | 'runs';
  /** Every item loses its id. */
  unreadable?: boolean;
};

/** A cursor that leads to the first page again. */
const firstPage = 'first-page';

/** A list's query in this form. */
export const readForm = (query: Record<string, unknown>, form: PageForm): Record<string, unknown> => {
  const { pq, ...others } = query;
  return form.cursor === 'loop' && pq === firstPage ? others : query;
};

type Page = { items: readonly Record<string, unknown>[]; next_pq: string | null; prev_pq: string | null };

/** The page in this form. */
export function formPage(page: Page, form: PageForm): Record<string, unknown> {
  const { items, next_pq, ...others } = page;
  const shown = form.unreadable ? items.map(({ id: _id, ...item }) => item) : items;
  const named = { [form.items ?? 'items']: shown };
  switch (form.cursor) {
    case 'next':
      return { ...named, next: next_pq };
    case 'url':
      return {
        ...named,
        next: next_pq && `https://api.runflow.io/v1/runs?limit=500&pq=${encodeURIComponent(next_pq)}`,
      };
    case 'hidden':
      return named;
    case 'loop':
      return { ...named, next_pq: next_pq ?? firstPage };
    default:
      return { ...named, next_pq, ...others };
  }
}
