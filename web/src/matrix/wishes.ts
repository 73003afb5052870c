/** What the page of the matrix keeps in its address. */
import { go } from '../place';
import type { Schemas } from '../server';
import { ORDERS, type Order } from './order';
import { percent, type Values } from './view';

export type RunTold = Schemas['RunTold'];
export type Split = '' | 'validation' | 'test';
export type Decide = 'likely' | 'harm';
/** Of which predictions a matrix is: the samples, and the rule by which they were decided. */
export type Query = { split: Split; decide: Decide; where: string[]; picked: string };
export const SPLITS: Record<Split, string> = { '': 'held out', validation: 'validation', test: 'test' };
export const JOB = 'job:';
/** Classes up to which the tables stand beside the matrix where there is room. */
export const FEW = 12;

export function wishes(more: Record<string, string>) {
  const values = more['values'];
  return {
    run: more['run'] ?? '',
    split: (more['split'] === 'validation' || more['split'] === 'test' ? more['split'] : '') as Split,
    values: (values === 'counts' || values === 'harm' ? values : 'rates') as Values,
    order: (more['order'] && more['order'] in ORDERS ? more['order'] : 'clustered') as Order,
    beneath: more['beneath'] === '1',
    onlyErrors: more['errors'] === '1',
    fit: more['fit'] === '1',
    decide: (more['decide'] === 'harm' ? 'harm' : 'likely') as Decide,
    label: more['label'] ?? '',
    predicted: more['predicted'] ?? '',
    epoch: more['epoch'] ?? '',
    against: more['against'] ?? '',
  };
}

export const want = (change: Record<string, string>, more: Record<string, string>, quietly = false): void => go({ more: { ...more, ...change } }, quietly);

export const shareOf = (share: number | null): string => (share === null ? 'nothing' : percent(share, 1));
