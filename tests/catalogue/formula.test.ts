// Formulas in Python's notation: what they are worth, what is refused, and that a run is refused before it would break off.
import { describe, expect, test } from 'vitest';

import { FormulaError, parseFormulas, type Formula } from '#core/schedulers/formula';
import { Schedule } from '#core/schedulers/index';

const parseFormula = (text: string): Formula => {
  const [formula] = parseFormulas(text);
  if (!formula) throw new Error('a formula');
  return formula;
};

test.each([
  ['2 ** 3 ** 2', 0, 512],
  ['-2 ** 2', 0, -4],
  ['(-2) ** 3', 0, -8],
  ['2 ** -1', 0, 0.5],
  ['7 // 2 - -7 // 2', 0, 7],
  ['-7 % 3', 0, 2],
  ['7 % -3', 0, -2],
  ['1_000.5e-1', 0, 100.05],
  ['1 < epoch <= 3', 3, 1],
  ['1 < epoch <= 3', 4, 0],
  ['not not 5', 0, 1],
  ['0 or 3 and 4', 0, 4],
  ['1 if epoch else 2 if epoch == 0 else 3', 0, 2],
  ['lambda e: e * e', 5, 25],
  ['math.floor(2.7) + int(-2.7)', 0, 0],
  ['pow(epoch, 0.5)', 9, 3],
  ['exp(1) - math.e + cos(pi)', 0, -1],
  ['log(8, 2)', 0, 3],
])('%s at epoch %d is %d', (text, epoch, value) => {
  expect(parseFormula(text)(epoch)).toBe(value);
});

test.each([
  ['[epoch, lambda e: e * 2, min(epoch, 1)]', [5, 10, 1]],
  ['[0.5]', [0.5]],
  ['[1, 2,]', [1, 2]],
])('the formulas of the list %s', (text, values) => {
  expect(parseFormulas(text).map((formula) => formula(5))).toEqual(values);
});

describe('what is refused', () => {
  test.each([
    ['[1, 2', "']' is missing before the end"],
    ['[]', "']' is not expected there"],
    ['[lambda x: x, x]', "'x' is not known; there are epoch"],
    ['', 'it ends where a number'],
    ['0.9 **', 'it ends where a number'],
    ['0.9 ^ epoch', "'^' is not understood"],
    ['(1 + 2', "')' is missing before the end"],
    ['1 2', "'2' is not expected there"],
    ['1 if 2', "'else' is missing"],
    ['epochs', "'epochs' is not known; there are epoch, min"],
    ['constructor', "'constructor' is not known"],
    ['__proto__', "'__proto__' is not known"],
    ['min(1)', 'min does not take 1 number'],
    ['max', "'(' is missing"],
    ['lambda epoch 3', "':' is missing"],
    ['if', "'if' is not expected"],
    [`${'('.repeat(200)}1${')'.repeat(200)}`, 'nested too deeply'],
    ['-'.repeat(5000) + '1', 'nested too deeply'],
  ])('%.30s: %s', (text, message) => {
    expect(() => parseFormula(text)).toThrow(FormulaError);
    expect(() => parseFormula(text)).toThrow(message);
  });

  test.each([
    ['1 / (epoch - 3)', 'division by zero'],
    ['epoch // 0', 'division by zero'],
    ['(0 - epoch) ** 0.5', 'is not a real number'],
    ['0 ** (epoch - 4)', '0 to a negative power'],
    ['sqrt(-1)', 'sqrt(-1) is not a real number'],
    ['log(epoch - 3)', 'log(0) is not a real number'],
    ['10 ** 400', 'its value is Infinity'],
  ])('%s has no value at 3: %s', (text, message) => {
    expect(() => parseFormula(text)(3)).toThrow(message);
  });

  test('a run is refused at its start when a later step has no value', () => {
    const group = { lr: 0.1, initialLr: null, momentum: null, factor: 1 };
    const part = { type: 'LambdaLR', params: { lr_lambda: '1 / (7 - epoch)' } };
    expect(() => new Schedule(part, [group], { steps: 7 })).not.toThrow();
    expect(() => new Schedule(part, [group], { steps: 8 })).toThrow('lr_lambda: division by zero at epoch 7');
  });
});
