// The benchmark's side of the IPC channel to the stand-ins' process.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Answer, numberedAnswer, type Order } from './protocol.ts';

export type Stage = {
  /** Sends an order and resolves with its answer. Orders run concurrently. */
  give(order: Order): Promise<Answer>;
  close(): void;
};

/** Starts the stand-ins' process. */
export function createStage(): Stage {
  const child = fork(fileURLToPath(new URL('stand-ins.ts', import.meta.url)));
  const asked = new Map<number, PromiseWithResolvers<Answer>>();
  let last = 0;
  child.on('message', (message) => {
    const { number, answer, error } = numberedAnswer.parse(message);
    const waiting = asked.get(number);
    asked.delete(number);
    if (answer) waiting?.resolve(answer);
    else waiting?.reject(new Error(`the stand-ins: ${error}`));
  });
  child.on('exit', (code) => {
    for (const waiting of asked.values()) waiting.reject(new Error(`the stand-ins ended with code ${code}`));
  });
  return {
    give(order) {
      last += 1;
      const waiting = Promise.withResolvers<Answer>();
      asked.set(last, waiting);
      child.send({ number: last, order });
      return waiting.promise;
    },
    close() {
      child.disconnect();
    },
  };
}
