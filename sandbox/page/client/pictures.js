// Attachments of a message: pictures with alt text, spoilers blurred until revealed, other files.
import { button, fileSize, make } from './element.js';

// Every event has newly signed URLs; keep the first, so that the picture is not loaded again.
const addresses = new Map();
const revealed = new Set();

const isPicture = (attachment) => /^image\/(?:png|jpeg|webp|gif|avif)/.test(attachment.content_type ?? '');

export function addressOf(attachment) {
  const known = addresses.get(attachment.id);
  if (known) return known;
  addresses.set(attachment.id, attachment.url);
  return attachment.url;
}

function enlarge(attachment) {
  const alt = attachment.description ?? '';
  const dialog = make(
    'dialog',
    {
      class: 'lightbox',
      'aria-label': attachment.filename,
      onclick: () => dialog.close(),
      onclose: () => dialog.remove(),
    },
    make('img', { src: addressOf(attachment), alt }),
    make(
      'p',
      {},
      alt,
      make(
        'small',
        {},
        `${attachment.filename} · ${attachment.width} × ${attachment.height} · ${fileSize(attachment.size)}`,
      ),
    ),
    button('Close', () => dialog.close(), { class: 'plain' }),
  );
  document.body.append(dialog);
  dialog.showModal();
}

// Discord's approximate maximum size, in CSS pixels.
const largest = { width: 420, height: 320 };

function picture(attachment, box = largest) {
  const { description, filename, width = box.width, height = box.height } = attachment;
  const scale = Math.min(1, box.width / width, box.height / height);
  const image = make('img', {
    src: addressOf(attachment),
    alt: description ?? filename,
    title: description,
    width: Math.round(width * scale),
    height: Math.round(height * scale),
    loading: 'lazy',
  });
  const spoiler = (attachment.flags & 8) !== 0 && !revealed.has(attachment.id);
  if (!spoiler) {
    const described = description ? ' described' : '';
    return button(image, () => enlarge(attachment), {
      class: `picture${described}`,
      'aria-label': `Enlarge: ${image.alt}`,
      'data-focus': attachment.id,
    });
  }
  image.alt = '';
  image.removeAttribute('title');
  const cover = make('span', { class: 'cover' }, 'SPOILER');
  return button(
    [image, cover],
    (event) => {
      revealed.add(attachment.id);
      const open = picture(attachment, box);
      event.currentTarget.replaceWith(open);
      open.focus();
    },
    { class: 'picture spoiler', 'aria-label': 'Show the spoiler picture' },
  );
}

export function attachments(list) {
  if (list.length === 0) return undefined;
  const box = list.length > 1 ? { width: 220, height: 200 } : largest;
  const shown = list.map((attachment) => {
    if (isPicture(attachment)) return picture(attachment, box);
    const { filename, size } = attachment;
    return make(
      'a',
      { class: 'file', href: addressOf(attachment), target: '_blank', rel: 'noopener', download: filename },
      `${filename} `,
      make('small', {}, fileSize(size)),
    );
  });
  return make('div', { class: 'attachments' }, shown);
}
