/**
 * How everything here is measured: ForgeOne and its peers take turns (A B B A ...), and what counts is the ratio of the
 * figures of one round. Absolute times are logged beside it.
 *
 * @typedef {Record<string, number>} Figures What one turn of a contestant measured, by metric.
 * @typedef {{ name: string, run: () => Figures | Promise<Figures>, skip?: undefined } | { name: string, skip: string, run?: undefined }} Contestant
 * @typedef {{ peer?: string, atMost?: number, atLeast?: number }} Goal For the ratio to a peer; without one for our own figure.
 * @typedef {object} Row
 * @property {string} id
 * @property {string} label
 * @property {string} metric
 * @property {'ms' | 'us' | 'ns' | 'MB/s'} unit
 * @property {string} ours Name of the contestant that is ForgeOne.
 * @property {readonly (string | { from: string, metric: string, name?: string })[]} peers A contestant, or one of its other metrics under another name.
 * @property {readonly Goal[]} [goals]
 * @property {string} [limit] The physical limit, in words.
 * @property {{ first: string, growthMax: number }} [axis] Our figure may be at most so many times that of another row.
 *
 * @typedef {{ title: string, contestants: readonly Contestant[], rows: readonly Row[], close?: () => unknown }} Series
 */
import { performance } from 'node:perf_hooks';

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** @param {readonly number[]} values */
export const spread = (values) => ({ median: median(values), min: Math.min(...values), max: Math.max(...values), values: [...values] });

/**
 * @param {Series} series
 * @param {number} rounds
 * @param {(text: string) => void} say
 */
export async function runSeries(series, rounds, say) {
  /** @type {Map<string, Figures[]>} */
  const figures = new Map(series.contestants.map(({ name }) => [name, []]));
  /** @type {Map<string, string>} */
  const leftOut = new Map();
  for (const { name, skip } of series.contestants) if (skip) leftOut.set(name, skip);
  for (let round = 0; round < rounds; round += 1) {
    const order = round % 2 === 0 ? series.contestants : [...series.contestants].reverse();
    for (const contestant of order) {
      if (leftOut.has(contestant.name) || !contestant.run) continue;
      const began = performance.now();
      try {
        figures.get(contestant.name)[round] = await contestant.run();
      } catch (thrown) {
        // One that fails is shown as failed, and the others go on.
        leftOut.set(
          contestant.name,
          `failed: ${String(thrown?.message ?? thrown)
            .split('\n')
            .slice(0, 4)
            .join(' | ')
            .slice(0, 400)}`,
        );
        say(`${series.title}: ${contestant.name} ${leftOut.get(contestant.name)}`);
      }
      say(`${series.title}: round ${round + 1}/${rounds} ${contestant.name} ${((performance.now() - began) / 1_000).toFixed(1)} s`);
    }
  }
  const rows = series.rows.map((row) => evaluate(row, figures, leftOut));
  for (const row of rows) judgeAxis(row, rows);
  return { title: series.title, rows, leftOut: Object.fromEntries(leftOut) };
}

/** A ratio below 1 means that ForgeOne needs less time, or, for MB/s, that it moves less. */
function evaluate(row, figures, leftOut) {
  const of = (name, metric) => (leftOut.has(name) ? [] : (figures.get(name) ?? []).map((turn) => turn?.[metric]));
  const ours = of(row.ours, row.metric);
  const numbers = (values) => values.filter((value) => Number.isFinite(value));
  const judge = (value, goal) => (goal.atMost === undefined || value <= goal.atMost) && (goal.atLeast === undefined || value >= goal.atLeast);
  const goals = row.goals ?? [];
  const peers = row.peers.map((peer) => {
    const { from, metric, name } = typeof peer === 'string' ? { from: peer, metric: row.metric, name: peer } : { name: peer.from, ...peer };
    const theirs = of(from, metric);
    const ratios = numbers(theirs.map((value, round) => ours[round] / value));
    const goal = goals.find((candidate) => candidate.peer === name);
    if (ratios.length === 0) return { name, goal, leftOut: leftOut.get(from) ?? leftOut.get(row.ours) ?? `measured no ${metric}` };
    const ratio = spread(ratios);
    return { name, figure: spread(numbers(theirs)), ratio, goal, met: goal && judge(ratio.median, goal) };
  });
  const own = goals.find(({ peer }) => peer === undefined);
  const figure = numbers(ours).length > 0 ? spread(numbers(ours)) : undefined;
  return {
    id: row.id,
    label: row.label,
    unit: row.unit,
    limit: row.limit,
    axis: row.axis,
    figure,
    turns: ours.map((value) => value ?? null),
    leftOut: figure ? undefined : (leftOut.get(row.ours) ?? `measured no ${row.metric}`),
    goal: own,
    met: own && figure ? judge(figure.median, own) : undefined,
    peers,
  };
}

function judgeAxis(row, rows) {
  if (!row.axis || !row.figure) return;
  const first = rows.find(({ id }) => id === row.axis.first)?.turns;
  if (!first) return;
  // Per round, as every ratio here.
  const growth = row.turns.map((value, round) => value / first[round]).filter((ratio) => Number.isFinite(ratio) && ratio > 0);
  row.growth = { ...spread(growth), goal: { atMost: row.axis.growthMax }, met: median(growth) <= row.axis.growthMax, first: row.axis.first };
}

/** Runs `work` again and again for about `ms`; the median time of one, in milliseconds. @param {() => unknown} work */
export async function medianMs(work, { times = 3 } = {}) {
  const taken = [];
  for (let time = 0; time < times; time += 1) {
    const began = performance.now();
    await work();
    taken.push(performance.now() - began);
  }
  return median(taken);
}
