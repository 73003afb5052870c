/** The epochs of a run as they come from the server: a matrix each. */
import { bytes } from '../server';

export type Epoch = { number: number; inSample: number | null; counts: Uint32Array };
export type Epochs = { classes: string[]; epochs: Epoch[] };

export function unpacked(data: ArrayBuffer): Epochs {
  const view = new DataView(data);
  if (data.byteLength < 8 || view.getUint32(0, true) !== 0x50455354) return { classes: [], epochs: [] }; // TSEP
  const length = view.getUint32(4, true);
  const { classes } = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 8, length))) as { classes: string[] };
  const cells = classes.length ** 2;
  const epochs: Epoch[] = [];
  for (let at = 8 + length; cells && at + 8 + 4 * cells <= data.byteLength; at += 8 + 4 * cells) {
    const share = view.getFloat32(at + 4, true);
    epochs.push({ number: view.getUint32(at, true), inSample: Number.isNaN(share) ? null : share, counts: new Uint32Array(data.slice(at + 8, at + 8 + 4 * cells)) });
  }
  return { classes, epochs };
}

export const ofRun = async (run: string, signal: AbortSignal): Promise<Epochs> => unpacked(await bytes(`/api/runs/${run}/epochs`, signal));
export const ofJob = async (job: number, after: number, signal: AbortSignal): Promise<Epochs> => unpacked(await bytes(`/api/jobs/${job}/epochs?after=${after}`, signal));

/** The share of what lies on the diagonal, null for nothing. */
export function accuracyOf(counts: ArrayLike<number>, classes: number): number | null {
  let [right, all] = [0, 0];
  for (let at = 0; at < counts.length; at++) {
    all += counts[at] ?? 0;
    if (at % (classes + 1) === 0) right += counts[at] ?? 0;
  }
  return all ? right / all : null;
}
