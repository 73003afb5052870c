/** The server as typed functions; what it refuses becomes a `Refused` with the words that a person can act on. */
import createClient from 'openapi-fetch';
import type { components, paths } from './api.d.ts';

export type Schemas = components['schemas'];
export type Sample = Schemas['Sample'];
export type Overview = Schemas['Overview'];
export type AboutSample = Schemas['AboutSample'];
export type Facet = Schemas['Facet'];
export type Column = Schemas['Column'];
export type Problem = Schemas['Problem'];

export class Refused extends Error {
  constructor(
    readonly problem: Problem,
    readonly status: number,
  ) {
    super(problem.error);
  }
}

/** Base of all addresses: the page may live behind a prefix. */
export const BASE = new URL('./', document.baseURI).pathname.replace(/\/$/, '');

export const client = createClient<paths>({
  baseUrl: BASE || '/',
  querySerializer: { array: { style: 'form', explode: true } },
});

/** The data of an answer. Throws `Refused`. */
export async function told<T>(asked: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await asked;
  if (data !== undefined && response.ok) return data;
  throw refusal(error, response);
}

export function refusal(error: unknown, response: Response): Refused {
  const known = error as Partial<Problem> | undefined;
  const problem: Problem = {
    error: known?.error ?? `the server answered ${response.status}`,
    detail: known?.detail ?? '',
    where: known?.where ?? '',
    next: known?.next ?? '',
  };
  return new Refused(problem, response.status);
}

/** A binary answer. Throws `Refused`. */
export async function bytes(path: string, signal?: AbortSignal): Promise<ArrayBuffer> {
  const response = await fetch(BASE + path, { signal });
  if (response.ok) return response.arrayBuffer();
  throw refusal(await response.json().catch(() => undefined), response);
}

/** Keeps samples under a name that a filter takes: for more of them than an address holds. */
export function keepPick(ids: readonly string[]): Promise<string> {
  const body = new Uint8Array(16 * ids.length);
  ids.forEach((id, n) => {
    for (let k = 0; k < 16; k++) body[16 * n + k] = parseInt(id.slice(2 * k, 2 * k + 2), 16);
  });
  return keepBytes(body);
}

/** The same of ids as they are sent: 16 bytes each. */
export async function keepBytes(body: Uint8Array<ArrayBuffer>): Promise<string> {
  const answered = await fetch(`${BASE}/api/uploads/pick`, { method: 'POST', headers: { 'content-type': 'application/octet-stream' }, body });
  const said: unknown = await answered.json().catch(() => undefined);
  if (!answered.ok) throw refusal(said, answered);
  return (said as { name: string }).name;
}

/** What went wrong, in one line. */
export function sentence(error: unknown): string {
  if (error instanceof Refused) {
    const { error: what, detail, next } = error.problem;
    return [what, detail && `(${detail})`, next && `– ${next}`].filter(Boolean).join(' ');
  }
  if (error instanceof TypeError) return 'the server does not answer: is `trainset serve` still running?';
  return String(error);
}

export const mediaAddress = (id: string) => `${BASE}/api/media/${id}`;
