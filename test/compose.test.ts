// compose.yaml starts what it says: every process of it would start with its environment, and together they are whole.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { readConfig } from '../src/config.ts';

const service = z.object({
  build: z.string().optional(),
  image: z.string(),
  command: z.string().optional(),
  env_file: z.string().optional(),
  environment: z.record(z.string(), z.union([z.string(), z.number()]).transform(String)).default({}),
  profiles: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  scale: z.number().default(1),
});

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const { services, volumes } = z
  .object({ services: z.record(z.string(), service), volumes: z.record(z.string(), z.null()) })
  .parse(parse(read('../compose.yaml'), { merge: true }));

const ours = Object.entries(services).filter(([, { build }]) => build === '.');
/** What .env holds at least. */
const required = { DISCORD_TOKEN: 'token', RUNFLOW_API_KEY: 'key' };
const configs = ours.map(([name, { environment }]) => ({ name, config: readConfig({ ...required, ...environment }) }));
const scaled = configs.filter(({ name }) => services[name]?.profiles.includes('scale'));

test('by default it is one process with SQLite, whose file outlives it', () => {
  const usual = configs.filter(({ name }) => services[name]?.profiles.length === 0);
  expect(usual.map(({ name }) => name)).toEqual(['darkroom']);
  const { role, store, discord } = usual[0]?.config ?? {};
  expect({ role, store, shards: discord?.shards }).toEqual({
    role: 'all',
    store: { kind: 'sqlite', path: 'data/darkroom.sqlite' },
    shards: 'auto',
  });
  expect(services.darkroom?.volumes).toEqual(['darkroom:/app/data']);
  expect(read('../Dockerfile')).toContain('VOLUME /app/data');
});

test('the profile is two gateways with all the shards between them, and two workers, over Valkey', () => {
  const gateways = scaled.filter(({ config }) => config.role === 'gateway');
  const shards = gateways.map(({ config }) => config.discord.shards);
  expect(shards).toEqual([
    { ids: [0], count: 2 },
    { ids: [1], count: 2 },
  ]);
  const workers = scaled.filter(({ config }) => config.role === 'worker');
  expect(workers.map(({ name }) => services[name]?.scale)).toEqual([2]);
  expect(scaled).toHaveLength(gateways.length + workers.length);
  for (const { config } of scaled) expect(config.store).toEqual({ kind: 'redis', url: 'redis://valkey:6379' });
  expect(services.valkey?.profiles).toEqual(['scale']);
  // What a start would warn of otherwise.
  expect(services.valkey?.command).toMatch(/--appendonly yes .*--maxmemory-policy noeviction/);
});

test('it names no variable that there is not, publishes what callbacks need, and keeps what it mounts', () => {
  const known = new Set([...read('../.env.example').matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name));
  for (const [name, { environment, env_file: file }] of ours) {
    for (const variable of Object.keys(environment)) expect(known, `${name}: ${variable}`).toContain(variable);
    expect(file).toBe('.env');
  }
  for (const { config, name } of configs) {
    for (const published of services[name]?.ports ?? []) expect(published.split(':')[1]).toBe(`${config.http.port}`);
  }
  const mounted = Object.values(services).flatMap((one) => one.volumes.map((volume) => volume.split(':')[0]));
  expect(mounted.toSorted()).toEqual(Object.keys(volumes).toSorted());
  // The same port of the machine twice would start neither.
  for (const group of [['darkroom'], scaled.map(({ name }) => name)]) {
    const ports = group.flatMap((name) => services[name]?.ports ?? []);
    expect(new Set(ports).size).toBe(ports.length);
    expect(ports).toHaveLength(1);
  }
});
