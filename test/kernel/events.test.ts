import { describe, expect, test } from 'vitest';
import { EventBus } from '../../kernel/src/events.ts';

function bus(): { events: EventBus; delivered: string[] } {
  const delivered: string[] = [];
  const events = new EventBus({
    deliver: async (plugin, topic, payload) => {
      await new Promise((resolve) => setTimeout(resolve, payload === 'slow' ? 20 : 0));
      delivered.push(`${plugin} ${topic} ${payload}`);
    },
  });
  return { events, delivered };
}

describe('events', () => {
  test('reach those who subscribed to the beginning of the topic, in order', async () => {
    const { events, delivered } = bus();
    events.subscribe('runtime', 'workload.ended.');
    events.subscribe('runtime', 'workload.ended.');
    events.publish('workload.ended.a', 'slow', undefined);
    events.publish('workload.ended.b', 'quick', undefined);
    events.publish('other', 'x', undefined);
    await events.settled();
    expect(delivered).toEqual(['runtime workload.ended.a slow', 'runtime workload.ended.b quick']);
  });

  test('wake who waits for the topic, and nobody else', async () => {
    const { events } = bus();
    const never = new AbortController();
    const woken = events.next('container.ended.a', events.now(), never.signal).then(() => 'woken');
    const other = Promise.race([events.next('container.ended.b', events.now(), never.signal).then(() => 'woken'), new Promise((resolve) => setTimeout(resolve, 30, 'asleep'))]);
    events.publish('container.ended.a', '{}', undefined);
    expect(await woken).toBe('woken');
    expect(await other).toBe('asleep');
  });

  test('news between the question and the wait is not missed', async () => {
    const { events } = bus();
    const asked = events.now();
    events.publish('container.ended.a', '{}', undefined);
    await events.next('container.ended.a', asked, new AbortController().signal);
  });

  test('a waiter whose signal aborts is let go', async () => {
    const { events } = bus();
    const stop = new AbortController();
    const waiting = events.next('never', 0, stop.signal);
    stop.abort();
    await waiting;
    await events.next('never', 0, AbortSignal.abort());
  });
});
