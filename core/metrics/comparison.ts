// Metrics beside losses that compare more than an output and a target: triplets, ranks, pairs, and sequences of labels.
import { number } from '../layers/params';
import { defineMetric } from './declaration';
import { editStatistic, likenessStatistic, orderStatistic } from './statistics/comparisons';

/** The share of triplets whose positive is nearer than the negative, or of pairs that stand in the order of the target. */
export const orderingAccuracy = defineMetric({
  type: 'ordering_accuracy',
  aliases: { triplet_accuracy: {}, ranking_accuracy: {} },
  summary:
    'The share of triplets whose positive is nearer than the negative, or of pairs in the order asked for.',
  params: {},
  tasks: ['triplets', 'ranks'],
  statistic: () => orderStatistic,
  read: (share) => share,
  isHigherBetter: true,
  isShare: true,
  isStepwise: true,
});

/** The share of pairs that a threshold on their cosine tells rightly. */
export const likenessAccuracy = defineMetric({
  type: 'likeness_accuracy',
  summary: 'The share of pairs that are told alike or not by a threshold on their cosine.',
  params: {
    threshold: number({ min: -1, max: 1, help: 'Cosine above which a pair counts as alike.', initial: 0.5 }),
  },
  tasks: ['pairs'],
  statistic: ({ threshold }) => likenessStatistic(threshold),
  read: (share) => share,
  isHigherBetter: true,
  isShare: true,
  isStepwise: true,
});

/** Edits over wanted labels, as the character error rate of speech and handwriting. */
export const labelErrorRate = defineMetric({
  type: 'label_error_rate',
  aliases: { cer: {} },
  summary: 'Insertions, deletions and changes that the labels read off sequences need, per label wanted.',
  params: {},
  tasks: ['sequences'],
  statistic: () => editStatistic,
  read: ({ edits, labels }) => edits / labels,
  isHigherBetter: false,
  isShare: true,
});

export const sequenceAccuracy = defineMetric({
  type: 'sequence_accuracy',
  aliases: {},
  summary: 'The share of sequences whose labels are read without any error.',
  params: {},
  tasks: ['sequences'],
  statistic: () => editStatistic,
  read: ({ exact, sequences }) => exact / sequences,
  isHigherBetter: true,
  isShare: true,
});
