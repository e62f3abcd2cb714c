// Who may moderate and who may change settings.
import { expect, test } from 'vitest';
import { mayConfigure, mayModerate } from '../../src/settings/rights.ts';

const bit = (position: number) => 1n << BigInt(position);
const sendMessages = bit(11);

test.each([
  ['a member', sendMessages, [], false, false],
  ['a member with another role', sendMessages, ['8'], false, false],
  ['a member with the moderator role', sendMessages, ['8', '7'], true, false],
  ['Manage Messages', bit(13), [], true, false],
  ['Manage Server alone', bit(5), [], false, true],
  ['an administrator', bit(3), [], true, true],
  ['nobody', 0n, [], false, false],
])('%s', (_who, permissions, roleIds, moderates, configures) => {
  expect(mayModerate({ moderatorRole: '7' }, { permissions, roleIds })).toBe(moderates);
  expect(mayConfigure({ permissions })).toBe(configures);
});

test('without a moderator role no role makes a moderator', () => {
  expect(mayModerate({ moderatorRole: undefined }, { permissions: sendMessages, roleIds: ['7', 'undefined'] })).toBe(
    false,
  );
});
