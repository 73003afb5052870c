/** A recording whole: its waveform and its spectrogram, from where one clicks it sounds. */
import { useEffect, useRef, useState } from 'react';
import { awake, decoded, play, playing, stop } from '../media/sound';
import { spectrogram } from '../media/spectrogram';
import { sentence } from '../server';
import { useStore } from '../store';

export function Recording({ id }: { id: string }) {
  const wave = useRef<HTMLCanvasElement>(null);
  const spectrum = useRef<HTMLCanvasElement>(null);
  const head = useRef<HTMLDivElement>(null);
  const sounding = useStore(playing);
  const audible = useStore(awake);
  const [about, setAbout] = useState('');
  const [tones, setTones] = useState('');
  const [error, setError] = useState('');
  useEffect(() => {
    let over = false;
    setError('');
    decoded(id)
      .then((buffer) => {
        if (over) return;
        setAbout(`${buffer.duration.toFixed(2)} s, ${buffer.numberOfChannels === 1 ? 'mono' : `${buffer.numberOfChannels} channels`}`);
        const signal = buffer.getChannelData(0);
        if (wave.current) drawWave(wave.current, signal);
        const highest = spectrum.current ? spectrogram(spectrum.current, signal, buffer.sampleRate) : 0;
        setTones(`0 to ${(highest / 1000).toFixed(1)} kHz`);
      })
      .catch((refused: unknown) => over || setError(sentence(refused)));
    return () => {
      over = true;
      stop();
    };
  }, [id]);
  const share = sounding?.id === id ? sounding.played : 0;
  const from = (event: React.MouseEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    void play(id, Math.max(0, Math.min(0.999, (event.clientX - box.left) / box.width)));
  };
  if (error) return <p className="refused">{error}</p>;
  return (
    <figure className="recording">
      <div className="sheets" onClick={from} role="img" aria-label={`waveform and spectrogram, ${about}`}>
        <canvas ref={wave} className="wave" />
        <canvas ref={spectrum} className="spectrum" />
        <div ref={head} className="playhead" style={{ left: `${100 * share}%` }} hidden={!share} />
      </div>
      <figcaption>
        <button onClick={() => (share ? stop() : void play(id))}>
          <kbd>Space</kbd> {share ? 'Stop' : 'Play'}
        </button>{' '}
        <span className="dim">
          {about}; {tones}
        </span>
        {!audible && <span className="hint"> press any key to enable sound</span>}
      </figcaption>
    </figure>
  );
}

function drawWave(canvas: HTMLCanvasElement, signal: Float32Array): void {
  const ratio = window.devicePixelRatio || 1;
  const width = (canvas.width = Math.max(1, Math.round(canvas.clientWidth * ratio)));
  const height = (canvas.height = Math.max(1, Math.round(canvas.clientHeight * ratio)));
  const pen = canvas.getContext('2d');
  if (!pen) return;
  pen.fillStyle = getComputedStyle(canvas).getPropertyValue('--wave');
  for (let x = 0; x < width; x++) {
    let low = 0;
    let high = 0;
    const end = Math.max(Math.floor(((x + 1) * signal.length) / width), Math.floor((x * signal.length) / width) + 1);
    for (let n = Math.floor((x * signal.length) / width); n < end; n++) {
      const value = signal[n] ?? 0;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    pen.fillRect(x, (1 - high) * (height / 2), 1, Math.max(1, ((high - low) * height) / 2));
  }
}
