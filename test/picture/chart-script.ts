// Draws a chart in a process of its own, for the test that gives it an environment without any font.
import { writeFileSync } from 'node:fs';
import { drawChart } from '../../src/picture/chart.ts';

const [path = ''] = process.argv.slice(2);
const words = { held: 'Held', approved: 'Approved', rejected: 'Rejected', flagRate: 'Flag rate', dates: 'en-GB' };
const week = { start: Date.UTC(2026, 7, 3), held: 3, approved: 2, rejected: 1, flagRate: 0.1 };
writeFileSync(path, await drawChart([week], words));
