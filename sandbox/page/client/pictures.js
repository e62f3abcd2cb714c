// Attachments under a message: pictures with their alt text, spoilers that stay blurred until asked for, other files.
import { button, fileSize, make } from './element.js';

// Signed addresses are new in every event; keeping the first saves the picture from being loaded again.
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

function picture(attachment) {
  const { description, filename, width, height } = attachment;
  const image = make('img', {
    src: addressOf(attachment),
    alt: description ?? filename,
    title: description,
    width,
    height,
    loading: 'lazy',
  });
  const spoiler = (attachment.flags & 8) !== 0 && !revealed.has(attachment.id);
  if (!spoiler) {
    const open = button(image, () => enlarge(attachment), { class: 'picture', 'aria-label': `Enlarge: ${image.alt}` });
    if (description) open.append(make('span', { class: 'badge', title: description, 'aria-hidden': true }, 'ALT'));
    return open;
  }
  image.alt = '';
  image.removeAttribute('title');
  const cover = make('span', { class: 'cover' }, 'SPOILER');
  return button(
    [image, cover],
    (event) => {
      revealed.add(attachment.id);
      const open = picture(attachment);
      event.currentTarget.replaceWith(open);
      open.focus();
    },
    { class: 'picture spoiler', 'aria-label': 'Show the spoiler picture' },
  );
}

export function attachments(list) {
  if (list.length === 0) return undefined;
  const shown = list.map((attachment) => {
    if (isPicture(attachment)) return picture(attachment);
    const { filename, size } = attachment;
    return make(
      'a',
      { class: 'file', href: addressOf(attachment), target: '_blank', rel: 'noopener', download: filename },
      `📄 ${filename} `,
      make('small', {}, fileSize(size)),
    );
  });
  return make('div', { class: list.length > 1 ? 'attachments many' : 'attachments' }, shown);
}
