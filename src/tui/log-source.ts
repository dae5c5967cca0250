import type { Message } from './model.ts';
export class LogSource {
  constructor(_o: { home: string; name: string; run: string | null; raw: boolean }, _tell: (m: Message) => void) {}
  close(): void {}
}
