// Text to values and back, keys to commands, words to layers: everything typed into the window.
import { describe, expect, test } from 'vitest';
import { COMMANDS } from '#core/commands/commands';
import { LAYERS, type LayerDeclaration } from '#core/layers/index';
import { boolean, integer, integersOr, integersOrBlanks, numbers, shape, size } from '#core/layers/params';
import { helpIn } from '#core/text/help';
import { commandFor, matches, shortcutText, type KeyPress } from '#renderer/actions/shortcuts';
import { matchScore } from '#renderer/chrome/match';
import { numberFault } from '#renderer/fields/number-text';
import { paramToText, stepText, textToParam } from '#renderer/fields/param-text';
import { searchLayers } from '#renderer/palette/search';
import { columnText, readColumn, readColumns, readShape, shapeFault } from '#renderer/panels/data-text';

describe('params', () => {
  const kernel = integersOr({ help: '', initial: [0, 0], count: 2, words: ['same', 'valid'] });
  const lengths = shape({ help: '', initial: null });
  const betas = numbers({ help: '', initial: [0.9, 0.999], count: 2 });
  const adaptive = integersOrBlanks({ help: '', initial: [1, 1], count: 2 });

  test.each([
    ['3', kernel, [3, 3], '3'],
    ['3, 5', kernel, [3, 5], '3, 5'],
    ['3×5', kernel, [3, 5], '3, 5'],
    ['(3, 5)', kernel, [3, 5], '3, 5'],
    ['same', kernel, 'same', 'same'],
    ['1x28x28', lengths, [1, 28, 28], '1, 28, 28'],
    ['7', lengths, [7], '7'],
    ['', lengths, null, ''],
    ['0.9, 0.99', betas, [0.9, 0.99], '0.9, 0.99'],
    ['5, ?', adaptive, [5, null], '5, ?'],
    ['288', size(''), 288, '288'],
    ['', size(''), null, ''],
  ])('“%s” is read and shown again', (text, spec, value, shown) => {
    expect(textToParam(spec, text)).toEqual({ value });
    expect(paramToText(spec, value)).toBe(shown);
  });

  test('what parse refuses is a fault in its words', () => {
    expect(textToParam(size(''), '0')).toEqual({ fault: 'expected an integer ≥ 1, got 0' });
    expect(textToParam(size(''), 'many')).toEqual({ fault: 'expected an integer ≥ 1, got "many"' });
    expect(textToParam(kernel, '1, 2, 3')).toMatchObject({
      fault: expect.stringContaining('2 integers') as string,
    });
    expect(textToParam(integer({ help: '', initial: 1 }), '')).toHaveProperty('fault');
  });

  test('every layer’s initial values survive the way through the form', () => {
    for (const layer of LAYERS)
      for (const [name, spec] of Object.entries(layer.params)) {
        if (spec.widget === 'boolean' || spec.widget === 'choice') continue;
        const read = textToParam(spec, paramToText(spec, spec.initial));
        expect(read, `${layer.type}.${name}`).toEqual({ value: spec.initial });
      }
  });

  test('arrow keys step whole numbers within their limits', () => {
    expect(stepText(size(''), '1', -1)).toBeNull();
    expect(stepText(size(''), '', 1)).toBe('1');
    expect(stepText(kernel, '3', 1)).toBe('4');
    expect(stepText(boolean({ help: '', initial: true }), '1', 1)).toBeNull();
  });
});

test('number fields say what they expected', () => {
  const limits = { min: 0, max: 0.9, isInteger: false };
  expect(numberFault('0.2', limits)).toBeNull();
  expect(numberFault('1', limits)).toBe('expected 0 to 0.9');
  expect(numberFault('', limits)).toBe('expected a number, got nothing');
  expect(numberFault('1.5', { min: 1, max: Number.MAX_SAFE_INTEGER, isInteger: true })).toContain(
    'an integer',
  );
});

test('columns and shapes of the data form', () => {
  expect(readColumns('0-3, species, -1')).toEqual([0, 1, 2, 3, 'species', -1]);
  expect(readColumns('  ')).toBeNull();
  expect([readColumn('-1'), readColumn('label'), readColumn('')]).toEqual([-1, 'label', null]);
  expect([columnText(-1), columnText('label'), columnText(null)]).toEqual(['-1', 'label', '']);
  expect(readShape('1×8×8')).toEqual([1, 8, 8]);
  expect(shapeFault('1, many')).not.toBeNull();
  expect(shapeFault('')).toBeNull();
});

describe('keys', () => {
  const press = (key: string, rest: Partial<KeyPress> = {}): KeyPress => ({
    key, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...rest,
  }); // prettier-ignore

  test('an accelerator means exactly its keys', () => {
    expect(matches('CmdOrCtrl+Shift+Z', press('Z', { ctrlKey: true, shiftKey: true }), false)).toBe(true);
    expect(matches('CmdOrCtrl+Z', press('Z', { ctrlKey: true, shiftKey: true }), false)).toBe(false);
    expect(matches('CmdOrCtrl+Z', press('z', { metaKey: true }), true)).toBe(true);
    expect(matches('CmdOrCtrl+Z', press('z', { ctrlKey: true }), true)).toBe(false);
  });

  test('the window handles the commands that text fields keep, and no others', () => {
    expect(commandFor(press('z', { ctrlKey: true }), false)?.id).toBe('edit.undo');
    expect(commandFor(press('y', { ctrlKey: true }), false)?.id).toBe('edit.redo');
    expect(commandFor(press('Backspace'), false)?.id).toBe('edit.delete');
    expect(commandFor(press('s', { ctrlKey: true }), false)).toBeNull();
  });

  test('shortcuts as each platform writes them', () => {
    expect(shortcutText('CmdOrCtrl+Shift+Return', false)).toBe('Ctrl+Shift+Enter');
    expect(shortcutText('CmdOrCtrl+Shift+Return', true)).toBe('⌘⇧↩');
  });
});

describe('search', () => {
  const first = (query: string) => searchLayers(LAYERS, query)[0]?.type;
  test.each([
    ['Conv2d', 'conv2d'],
    ['conv 2d', 'conv2d'],
    ['dense', 'linear'],
    ['batch norm 2', 'batch_norm2d'],
    ['relu', 'relu'],
  ])('%s finds %s first', (query, type) => {
    expect(first(query)).toBe(type);
  });

  test('nonsense finds nothing, nothing finds everything', () => {
    const german = ({ category, summary }: LayerDeclaration) => ({
      category: category === 'convolution' ? 'Faltung' : category,
      summary: helpIn('de', summary),
    });
    expect(searchLayers(LAYERS, 'Faltung', german)[0]?.type).toBe('conv1d');
    expect(searchLayers(LAYERS, 'Wahrscheinlichkeiten', german)[0]?.type).toBe('softmax');
    expect(searchLayers(LAYERS, 'convolution', german)[0]?.type).toBe('conv1d');
    expect(searchLayers(LAYERS, 'qqqq')).toEqual([]);
    expect(searchLayers(LAYERS, ' ')).toBe(LAYERS);
  });

  test('a command is found by its words and its keywords, not by scattered letters', () => {
    expect(matchScore('Feed sample', 'feed')).toBeGreaterThan(
      matchScore('Feed sample', 'mater', ['materialize']),
    );
    expect(matchScore('Add AdaptiveAvgPool1d', 'linear')).toBe(0);
    expect(matchScore('Save as…', '')).toBe(1);
    for (const { label } of COMMANDS) expect(matchScore(label, label)).toBeGreaterThan(0.7);
  });
});
