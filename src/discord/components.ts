// The buttons and selects of a message: as Discord takes them, and found again in what it shows.

export type Button = { id: string; label: string; danger?: boolean };
export type Select = { id: string; placeholder: string; options: readonly { value: string; label: string }[] };

/** A row for the buttons and one for the select. */
export function components({ buttons = [], select }: { buttons?: readonly Button[]; select?: Select }) {
  const rows = [];
  if (buttons.length > 0) {
    rows.push(buttons.map(({ id, label, danger }) => ({ type: 2, style: danger ? 4 : 2, label, custom_id: id })));
  }
  if (select) rows.push([{ type: 3, custom_id: select.id, placeholder: select.placeholder, options: select.options }]);
  return rows.map((row) => ({ type: 1, components: row }));
}

/** Whether a custom id occurs anywhere in a message's components, however deep. */
export function carries(components: unknown, customId: string): boolean {
  if (Array.isArray(components)) return components.some((component) => carries(component, customId));
  if (typeof components !== 'object' || components === null) return false;
  return Object.entries(components).some(
    ([key, value]) => (key === 'custom_id' && value === customId) || carries(value, customId),
  );
}
