// The filter language of the run list: comparisons joined by AND, OR, NOT and parentheses. Parsing is strict: an
// unknown word is an error, not an empty result.
import { invalidField } from './errors.ts';
import type { Run } from './run.ts';

type Operator = ':' | '=' | '>' | '<' | '>=' | '<=';
type Token =
  | { kind: 'word'; text: 'AND' | 'OR' | 'NOT' | '(' | ')' }
  | { kind: 'comparison'; field: Field; operator: Operator; value: string };

const textFields = ['id', 'status_code', 'client_ref'] as const;
const timeFields = ['created_at', 'started_at', 'completed_at'] as const;
type Field = (typeof textFields)[number] | (typeof timeFields)[number];

export type RunFilter = (run: Run) => boolean;

// Keeps a hostile query from exhausting the stack.
const maxDepth = 50;

function invalidQuery(message: string): Error {
  return invalidField('q', message);
}

function asField(name: string): Field {
  const field = [...textFields, ...timeFields].find((known) => known === name);
  if (!field) throw invalidQuery(`Unknown field "${name}"`);
  return field;
}

function isTimeField(field: Field): field is (typeof timeFields)[number] {
  return timeFields.some((known) => known === field);
}

function asOperator(text: string): Operator {
  const operator = ([':', '=', '>', '<', '>=', '<='] as const).find((known) => known === text);
  if (!operator) throw invalidQuery(`Unknown operator "${text}"`);
  return operator;
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const pattern = /\s*(?:([()])|(AND|OR|NOT)(?=[\s()]|$)|(\w+)\s*(>=|<=|[:=><])\s*(?:"([^"]*)"|([^\s()"<>=]+)))/y;
  const end = text.trimEnd().length;
  while (pattern.lastIndex < end) {
    const at = pattern.lastIndex;
    const match = pattern.exec(text);
    if (!match) throw invalidQuery(`Cannot be read from position ${at}`);
    const word = match[1] ?? match[2];
    if (word === '(' || word === ')' || word === 'AND' || word === 'OR' || word === 'NOT') {
      tokens.push({ kind: 'word', text: word });
      continue;
    }
    const field = asField(match[3] ?? '');
    const value = match[5] ?? match[6] ?? '';
    if (isTimeField(field) && !(/^\d{4}-\d{2}-\d{2}/.test(value) && !Number.isNaN(Date.parse(value)))) {
      throw invalidQuery(`"${value}" is not a date`);
    }
    tokens.push({ kind: 'comparison', field, operator: asOperator(match[4] ?? ''), value });
  }
  return tokens;
}

function compare(field: Field, operator: Operator, value: string): RunFilter {
  function test(difference: number): boolean {
    switch (operator) {
      case '>':
        return difference > 0;
      case '<':
        return difference < 0;
      case '>=':
        return difference >= 0;
      case '<=':
        return difference <= 0;
      default:
        return difference === 0;
    }
  }
  const moment = isTimeField(field) ? Date.parse(value) : 0;
  return (run) => {
    const actual = run[field];
    if (actual === null) return false;
    if (isTimeField(field)) return test(Date.parse(actual) - moment);
    return test(actual === value ? 0 : actual > value ? 1 : -1);
  };
}

/** Parses a `q` expression; throws a 422 if it is invalid. */
export function parseQuery(text: string): RunFilter {
  const tokens = tokenize(text);
  let next = 0;

  function takeWord(word: string): boolean {
    const token = tokens[next];
    if (token?.kind !== 'word' || token.text !== word) return false;
    next += 1;
    return true;
  }

  function parseOr(depth: number): RunFilter {
    const parts = [parseAnd(depth)];
    while (takeWord('OR')) parts.push(parseAnd(depth));
    return (run) => parts.some((part) => part(run));
  }

  function parseAnd(depth: number): RunFilter {
    const parts = [parseTerm(depth)];
    while (takeWord('AND')) parts.push(parseTerm(depth));
    return (run) => parts.every((part) => part(run));
  }

  function parseTerm(depth: number): RunFilter {
    if (depth > maxDepth) throw invalidQuery('Nested too deeply');
    if (takeWord('NOT')) {
      const inner = parseTerm(depth + 1);
      return (run) => !inner(run);
    }
    if (takeWord('(')) {
      const inner = parseOr(depth + 1);
      if (!takeWord(')')) throw invalidQuery('A parenthesis is not closed');
      return inner;
    }
    const token = tokens[next];
    if (token?.kind !== 'comparison') throw invalidQuery(token ? `Unexpected ${token.text}` : 'Ends too early');
    next += 1;
    return compare(token.field, token.operator, token.value);
  }

  const filter = parseOr(0);
  const rest = tokens[next];
  if (rest)
    throw invalidQuery(rest.kind === 'word' ? `Unexpected ${rest.text}` : `Expected AND or OR before ${rest.field}`);
  return filter;
}
