/** A small picture, outline or text of a sample, outside the grid. */
import { useEffect, useRef, useState } from 'react';
import { drawOutline } from '../media/outline';
import { previews, type Preview } from '../media/previews';
import { play, stop } from '../media/sound';
import { mediaAddress } from '../server';

export function Thumb({ id, medium, name }: { id: string; medium: string; name: string }) {
  const [found, setFound] = useState<Preview | null>(null);
  const [broken, setBroken] = useState(false);
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => (medium === 'text' ? undefined : previews.get(id, setFound)), [id, medium]);
  useEffect(() => {
    if (found?.kind === 'outline' && canvas.current) drawOutline(canvas.current, found.peaks);
  }, [found]);
  if (medium === 'text') return <span className="thumb-text">{name}</span>;
  if (medium === 'audio') return <canvas ref={canvas} className="thumb-outline" onPointerEnter={() => void play(id)} onPointerLeave={stop} />;
  if (broken) return <span className="thumb thumb-none">cannot be shown</span>;
  return <img className="thumb" alt="" onError={() => setBroken(true)} src={found?.kind === 'picture' ? found.url : found ? mediaAddress(id) : undefined} />;
}
