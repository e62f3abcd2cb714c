// The pictures of a message, wherever they stand in it: its files, what a link shows, what is forwarded with it, and the
// media among its components.
import { type APIEmbedImage, type APIUnfurledMediaItem, ComponentType, type Embed, type Message } from 'discord.js';
import { urlExpiry } from '../src/discord/signed-urls.ts';
import { isPictureName, type Picture } from '../src/models/model.ts';
import { readPicture } from './start-edit.ts';

type Shown = { bytes?: number | null | undefined; name?: string | undefined; spoiler: boolean };

/** Discord tells of such a picture's address, type and size in pixels, not of its bytes. */
function readMedia(media: APIEmbedImage | APIUnfurledMediaItem, { bytes = null, name, spoiler }: Shown): Picture {
  // Discord's copy of what stands elsewhere stays as it was, and shows nobody who asks for it.
  const url = urlExpiry(media.url) === undefined ? (media.proxy_url ?? media.url) : media.url;
  const contentType = media.content_type ?? null;
  return {
    url,
    name: name ?? nameOf(media.url),
    contentType,
    bytes,
    width: media.width ?? null,
    height: media.height ?? null,
    spoiler,
  };
}

/** A page's address says nothing about the picture that it leads to. */
function nameOf(url: string): string {
  const name = URL.parse(url)?.pathname.split('/').at(-1) ?? '';
  return isPictureName(name) ? name : 'picture';
}

function ofEmbed({ data: { image, thumbnail } }: Embed): Picture[] {
  return [image, thumbnail].flatMap((media) => (media ? readMedia(media, { spoiler: false }) : []));
}

/** @param covered whatever is in it is a spoiler, since what holds it is one */
function ofComponent(component: Message['components'][number], covered = false): Picture[] {
  switch (component.type) {
    case ComponentType.Container:
      return component.components.flatMap((inner) => ofComponent(inner, covered || component.spoiler));
    case ComponentType.MediaGallery:
      return component.items.map(({ media, spoiler }) => readMedia(media.data, { spoiler: covered || spoiler }));
    case ComponentType.Section: {
      const { accessory } = component;
      if (accessory.type !== ComponentType.Thumbnail) return [];
      return [readMedia(accessory.media.data, { spoiler: covered || accessory.spoiler })];
    }
    case ComponentType.File: {
      const { file, spoiler, data } = component;
      return [readMedia(file.data, { name: data.name, bytes: data.size, spoiler: covered || spoiler })];
    }
    default:
      return [];
  }
}

const placeOf = ({ url }: Picture) => url.split('?')[0];

function ofMessage({
  attachments,
  embeds,
  components,
}: Pick<Message, 'attachments' | 'embeds' | 'components'>): Picture[] {
  return [
    ...[...attachments.values()].map(readPicture),
    ...components.flatMap((component) => ofComponent(component)),
    ...embeds.flatMap(ofEmbed),
  ];
}

/** In the order in which people see them; each once, though Discord may list it among the files too. */
export function readPictures(message: Message): Picture[] {
  const all = [...ofMessage(message), ...[...message.messageSnapshots.values()].flatMap(ofMessage)];
  return all.filter((picture, index) => all.findIndex((other) => placeOf(other) === placeOf(picture)) === index);
}
